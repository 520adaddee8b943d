"""The services joined, on stand-ins, on the embedded nets, and on files that are something else."""

import base64
import io
import json
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from PIL import Image as pillow
from skimage import data

from pipeline.core.crop import FFHQ_512
from pipeline.core.errors import BadRequest, MissingWeights
from pipeline.core.images import read_image, write_image
from pipeline.core.weights import locate, model_set
from pipeline.enhance import sessions
from pipeline.enhance.inference import Nets, restore
from pipeline.enhance.pipeline import Pipeline, answer
from pipeline.enhance.schema import Engine, Request, Settings
from pipeline.photo.metadata import GPS_IFD
from pipeline.photo.photo import Photo, read_photo, write_photo
from tests.support import enhancer_onnx
from tests.support.icc_profiles import wide_gamut
from tests.support.photos import hang, rendered, wall, worn
from tests.support.published import schema
from tests.support.yunet import YUNET, yunet_path

POINTS = FFHQ_512 * 120 + [90, 60]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A photo, an analysis of two faces in it, and the name of a set of stand-ins."""
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    write_image(tmp_path / "photo.png", wall(400, 240))
    faces = [{"landmark_set": {"5": (POINTS + shift).tolist()}} for shift in ([0, 0], [150, 10])]
    (tmp_path / "analysis.json").write_text(json.dumps({"output_image_data": faces}))
    return tmp_path, enhancer_onnx.small_set(tmp_path / "weights")


def run(files, **settings):
    folder, name = files
    chosen = Settings(models=name, **{"occluder": False, **settings})
    return Pipeline(folder / "photo.png", folder / "analysis.json", chosen, folder / "out").run()


def lifted(before, after, x, y):
    """By how much 20 x 20 pixels have become lighter: the wall's grain is not restored."""
    patch = (slice(y - 10, y + 10), slice(x - 10, x + 10))
    return float(after[patch].mean() - before[patch].mean())


def test_every_face_is_enhanced_and_the_answer_keeps_to_its_schema(files):
    folder, _ = files
    response = run(files)
    jsonschema.validate(response, schema("response"))
    before = read_image(folder / "photo.png")
    after = read_image(response["temp_vision_frame"])
    mask = np.asarray(pillow.open(response["temp_vision_frame_mask"]))
    assert len(response["faces"]) == 2
    assert mask.shape == before.shape[:2]
    for x, y in ((150, 130), (300, 140)):
        assert mask[y, x] > 240
        assert lifted(before, after, x, y) == pytest.approx(0.8 * 0.2 * 127.5, abs=2)
    assert response["engine"]["provider"] in response["engine"]["providers"]
    assert "note" not in response["engine"]
    assert np.array_equal(after[:20], before[:20])
    assert "seconds" not in response


def test_pictures_as_files_as_base64_and_as_lists_are_the_same(files):
    by_name = read_image(run(files)["temp_vision_frame"])
    text = run(files, images="base64")
    lists = run(files, images="lists")
    for response in (text, lists):
        jsonschema.validate(response, schema("response"))
        json.dumps(response)
    decoded = np.asarray(pillow.open(io.BytesIO(base64.b64decode(text["temp_vision_frame"]))))
    assert np.array_equal(decoded, by_name)
    assert np.array_equal(np.array(lists["temp_vision_frame"]), by_name)
    mask = np.asarray(pillow.open(io.BytesIO(base64.b64decode(text["temp_vision_frame_mask"]))))
    assert np.abs(np.array(lists["temp_vision_frame_mask"]) * 255 - mask).max() <= 0.6


def test_one_face_can_be_asked_for(files):
    response = run(files, face=2)
    jsonschema.validate(response, schema("response"))
    assert ([face["number"] for face in response["faces"]], response["left_out"]) == ([2], [])
    before, after = read_image(files[0] / "photo.png"), read_image(response["temp_vision_frame"])
    assert lifted(before, after, 150, 130) == 0
    assert lifted(before, after, 300, 140) > 15


def test_a_face_that_is_left_out_is_told_with_its_number(files):
    folder, _ = files
    analysis = json.loads((folder / "analysis.json").read_text())
    analysis["output_image_data"][0]["landmark_set"]["5"][2][0] = 0
    (folder / "analysis.json").write_text(json.dumps(analysis))
    response = run(files)
    jsonschema.validate(response, schema("response"))
    assert [face["number"] for face in response["faces"]] == [2]
    (left_out,) = response["left_out"]
    assert left_out["number"] == 1
    assert left_out["reason"].startswith("Face 1 in photo is turned to the side")


def test_the_points_of_an_analysis_are_handed_on(files):
    folder, _ = files
    outline = np.random.default_rng(0).uniform(0, 200, (68, 2)).tolist()
    analysis = {"output_image_data": {"landmark_set": {"5": POINTS.tolist(), "68": outline}}}
    (folder / "analysis.json").write_text(json.dumps(analysis))
    assert run(files)["faces"][0]["landmark_set"] == {"5": POINTS.tolist(), "68": outline}


def test_the_face_mesh_gives_sixty_eight_points(package_nets, tmp_path):
    write_image(tmp_path / "photo.png", data.astronaut())
    response = Pipeline(tmp_path / "photo.png", output_dir=tmp_path).run()
    jsonschema.validate(response, schema("response"))
    (face,) = response["faces"]
    five, all_ = (np.array(face["landmark_set"][name]) for name in ("5", "68"))
    derived = [all_[36:42].mean(0), all_[42:48].mean(0), all_[30], all_[48], all_[54]]
    np.testing.assert_allclose(five, derived, atol=0.03 * 173)  # the width of its square
    assert all_[8, 1] == all_[:, 1].max()


def test_blend_is_a_setting(files):
    folder, _ = files
    before = read_image(folder / "photo.png").astype(int)
    full, none = (read_image(run(files, blend=blend)["temp_vision_frame"]) for blend in (1.0, 0.0))
    assert np.array_equal(none, before)
    assert lifted(before, full, 150, 130) == pytest.approx(0.2 * 127.5, abs=2)


def test_what_a_face_shows_is_told(files):
    """The mean of its mask: here three quarters are held back."""
    for face in run(files, mask_blur=0.0, mask_padding=(0, 75, 0, 0))["faces"]:
        assert face["visible"] == pytest.approx(0.25, abs=0.05)


def test_a_sharp_face_is_left_as_it_is(files):
    """And the face beside it, which is not, is enhanced."""
    folder, _ = files
    photo = wall(400, 240)
    blocks = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8).repeat(30, 0).repeat(30, 1)
    photo[60:180, 90:210] = blocks
    write_image(folder / "photo.png", photo)
    response = run(files, mask_blur=0.1)
    jsonschema.validate(response, schema("response"))
    assert [face["share"] for face in response["faces"]] == [0, 1]
    after = read_image(response["temp_vision_frame"])
    assert np.array_equal(after[60:180, 90:210], blocks)
    assert lifted(photo, after, 300, 140) > 10


COLOURS = wall(400, 240)
ALPHA = np.broadcast_to(np.linspace(40, 255, 400), (240, 400)).astype(np.uint8)  # without an edge: the faces stay soft
DEEP = COLOURS.astype(np.uint16) * 257 + np.random.default_rng(0).integers(0, 256, COLOURS.shape, np.uint16) // 2
KINDS = {
    "L": COLOURS[:, :, 0],
    "LA": np.dstack([COLOURS[:, :, 0], ALPHA]),
    "RGB": COLOURS,
    "RGBA": np.dstack([COLOURS, ALPHA]),
    "16-bit grey": DEEP[:, :, 0],
    "16-bit RGB": DEEP,
    "16-bit RGBA": np.dstack([DEEP, ALPHA.astype(np.uint16) * 257]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_depth_channels_and_all_other_pixels_stay_as_they_are(files, kind):
    folder, _ = files
    write_photo(folder / "photo.png", Photo("photo", np.ascontiguousarray(KINDS[kind])))
    response = run(files)
    before, after = read_photo(folder / "photo.png").pixels, read_photo(response["temp_vision_frame"]).pixels
    mask = np.asarray(pillow.open(response["temp_vision_frame_mask"]))
    assert (after.dtype, after.shape) == (KINDS[kind].dtype, KINDS[kind].shape)
    np.testing.assert_array_equal(after[mask == 0], before[mask == 0])
    if after.shape[-1] in (2, 4):
        np.testing.assert_array_equal(after[..., -1], before[..., -1])
    one = np.iinfo(after.dtype).max / 255
    for x, y in ((150, 130), (300, 140)):
        assert lifted(*(np.atleast_3d(pixels)[..., 0] for pixels in (before, after)), x, y) > 0.8 * 0.15 * 127.5 * one
    text = run(files, images="base64")["temp_vision_frame"]
    assert base64.b64decode(text) == Path(response["temp_vision_frame"]).read_bytes()


def test_a_palette_keeps_its_transparency(files):
    folder, _ = files
    pillow.fromarray(COLOURS).quantize(16).save(folder / "photo.png", transparency=3)
    before = read_photo(folder / "photo.png").pixels
    after = read_photo(run(files)["temp_vision_frame"]).pixels
    assert 0 in before[..., 3]
    np.testing.assert_array_equal(after[..., 3], before[..., 3])
    assert (after != before).any()


def test_a_black_and_white_photo_stays_so(files):
    folder, _ = files
    enhancer_onnx.restorer(folder / "weights" / "gfpgan_1.4.onnx", lift=np.reshape([0.4, 0.1, -0.2], (3, 1, 1)))
    write_image(folder / "photo.png", np.repeat(COLOURS[:, :, :1], 3, axis=2))
    after, lists = (run(files, images=form)["temp_vision_frame"] for form in ("files", "lists"))
    image = read_image(after)
    assert (image == image[:, :, :1]).all()
    assert np.array_equal(np.array(lists), image)
    assert lifted(read_image(folder / "photo.png"), image, 150, 130) > 5


def test_the_colour_profile_stays_and_the_picture_does_not_say_where_it_was_taken(files):
    folder, _ = files
    block = pillow.Exif()
    block[0x010F] = "A camera"
    block.get_ifd(GPS_IFD)[1] = "N"
    pillow.fromarray(COLOURS).save(folder / "photo.png", icc_profile=wide_gamut(), exif=block)
    response = run(files)
    with pillow.open(response["temp_vision_frame"]) as file:
        assert file.info["icc_profile"] == wide_gamut()
        assert file.getexif()[0x010F] == "A camera"
        assert GPS_IFD not in file.getexif()
    before, after = read_photo(folder / "photo.png"), read_photo(response["temp_vision_frame"])
    mask = np.asarray(pillow.open(response["temp_vision_frame_mask"]))
    np.testing.assert_array_equal(after.pixels[mask == 0], before.pixels[mask == 0])
    assert lifted(before.rgb, after.rgb, 150, 130) == pytest.approx(0.8 * 0.2 * 127.5, abs=2)
    assert np.array_equal(np.array(run(files, images="lists")["temp_vision_frame"]), after.rgb)


def test_a_net_that_was_replaced_is_the_one_that_runs(files):
    """As under a server that goes on."""
    path = files[0] / "weights" / "gfpgan_1.4.onnx"
    grey = np.full((64, 64, 3), 102, np.uint8)
    assert restore(grey, sessions.open_session(path)).mean() > 120
    enhancer_onnx.restorer(path, lift=0.0)
    assert restore(grey, sessions.open_session(path)).mean() == 102


def test_sessions_are_opened_once(files, monkeypatch):
    import onnxruntime

    opened = []
    original = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *a, **k: opened.append(a) or original(*a, **k))
    sessions._open.cache_clear()
    run(files, occluder=True)
    run(files, occluder=True, blend=0.5)
    assert len(opened) == 2


def test_a_request_is_answered_where_it_asks_for_it(files):
    folder, name = files
    args = {"input_image_1": str(folder / "photo.png"), "output_image_data": str(folder / "there" / "answer.json")}
    request = Request.model_validate({"args": args, "debug": True, "settings": {"models": name}})
    target = answer(request, folder / "analysis.json")
    assert target == folder / "there" / "answer.json"
    response = json.loads(target.read_text())
    assert Path(response["temp_vision_frame"]).parent == folder / "there"
    assert set(response["seconds"]) == {"preprocess", "inference", "postprocess"}
    assert answer(request, folder / "analysis.json", folder / "else") == folder / "else" / "answer.json"


def test_the_photo_is_never_written_over(files):
    folder, name = files
    photo = folder / "photo.png"
    before = photo.read_bytes()
    request = Request.model_validate(
        {"args": {"input_image_1": str(photo), "output_image_data": str(photo)}, "settings": {"models": name}}
    )
    with pytest.raises(BadRequest, match="the photo itself"):
        answer(request, folder / "analysis.json")
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "place", "words"),
    [
        ({"models": "enhansir"}, "settings.models", "did you mean"),
        ({"model": "nobody"}, "settings.models", "no nobody"),
        ({"provider": "cuda"}, "settings.provider", "cuda is not on this machine"),
    ],
)
def test_settings_that_cannot_be_met_are_told(files, monkeypatch, settings, place, words):
    monkeypatch.setattr(sessions, "available", lambda: ("CPUExecutionProvider",))
    folder, name = files
    with pytest.raises(BadRequest, match=words) as caught:
        Pipeline(folder / "photo.png", folder / "analysis.json", Settings(**{"models": name, **settings})).run()
    assert caught.value.path == place


def test_auto_takes_the_first_provider_that_is_here(monkeypatch):
    monkeypatch.setattr(sessions, "available", lambda: ("CPUExecutionProvider", "CUDAExecutionProvider"))
    assert sessions.choose_provider("auto") == "CUDAExecutionProvider"
    assert sessions.choose_provider("cpu") == "CPUExecutionProvider"
    monkeypatch.setattr(sessions, "available", lambda: ("AzureExecutionProvider", "CPUExecutionProvider"))
    assert sessions.choose_provider("auto") == "CPUExecutionProvider"


def test_a_provider_that_was_asked_for_and_silently_replaced_is_an_error(files, monkeypatch):
    folder, _ = files
    monkeypatch.setattr(sessions, "available", lambda: ("CUDAExecutionProvider", "CPUExecutionProvider"))
    path = folder / "weights" / "gfpgan_1.4.onnx"
    with pytest.raises(BadRequest, match="does not start"):
        sessions.open_session(path, "cuda")
    assert sessions.open_session(path, "auto").get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("wrong", ["text", "occluder", "grey"])
def test_a_wrong_file_is_missing_weights(files, wrong):
    folder, name = files
    path = folder / "weights" / "gfpgan_1.4.onnx"
    if wrong == "text":
        path.write_text("<html>not found</html>")
    elif wrong == "occluder":
        enhancer_onnx.occluder(path)
    else:
        path.write_bytes((folder / "photo.png").read_bytes())
    with pytest.raises(MissingWeights, match="put the declared file in its place"):
        Nets(Engine(models=name))


def test_a_file_that_is_no_occlusion_net_is_missing_weights(files):
    folder, name = files
    enhancer_onnx.restorer(folder / "weights" / "dfl_xseg.onnx")
    with pytest.raises(MissingWeights, match="not an occlusion net"):
        _ = Nets(Engine(models=name)).occluder


def test_weights_that_were_not_fetched_are_told_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingWeights, match="face-edit models fetch enhancer"):
        Nets(Engine(models="enhancer"))


def test_the_embedded_nets_change_the_face_and_spare_what_stands_before_it(tmp_path):
    photo = wall(420, 400)
    place = hang(photo, rendered(1)[0], (210, 200), 256, 0)
    matrix = place.to_photo(256)
    points = (FFHQ_512 * 256) @ matrix[:, :2].T + matrix[:, 2]
    write_image(tmp_path / "photo.png", photo)
    (tmp_path / "a.json").write_text(json.dumps({"output_image_data": {"landmark_set": {"5": points.tolist()}}}))
    response = Pipeline(tmp_path / "photo.png", tmp_path / "a.json", output_dir=tmp_path).run()
    mask = read_image(response["temp_vision_frame_mask"])[:, :, 0]
    nose, corner = np.rint(points[2]).astype(int), np.rint(matrix[:, 2] + 40).astype(int)
    assert mask[nose[1], nose[0]] > 200
    assert mask[corner[1], corner[0]] < 60
    after = read_image(response["temp_vision_frame"])
    assert np.array_equal(after[mask == 0], photo[mask == 0]) or (after[mask == 0] != photo[mask == 0]).mean() < 1e-3
    assert (after != photo).any()
    assert response["engine"]["file"] == locate(model_set("enhancer-demo"), "restorer").name
    assert "only knows rendered portraits" in response["engine"]["note"]
    assert "`face-edit models fetch enhancer gfpgan`" in response["engine"]["note"]


@pytest.mark.full
def test_the_public_contract_at_full_size(tmp_path, monkeypatch):
    weights = tmp_path / "weights"
    weights.mkdir()
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(weights))
    enhancer_onnx.seeded_restorer(weights / "gfpgan_1.4.onnx")
    enhancer_onnx.seeded_occluder(weights / "dfl_xseg.onnx")
    (weights / YUNET).write_bytes(yunet_path().read_bytes())
    photo = wall(1600, 1000)
    soft = [cv2.GaussianBlur(worn(picture, 0), (0, 0), 4) for picture in rendered(2)]  # sharp faces are left alone
    hang(photo, soft[0], (420, 460), 560, -10)
    hang(photo, soft[1], (1150, 480), 520, 14)
    write_image(tmp_path / "photo.jpg", photo)
    settings = Settings(models=enhancer_onnx.declare(weights), images="base64")
    response = Pipeline(tmp_path / "photo.jpg", None, settings).run()
    jsonschema.validate(response, schema("response"))
    before = read_image(tmp_path / "photo.jpg")
    after = np.asarray(pillow.open(io.BytesIO(base64.b64decode(response["temp_vision_frame"]))))
    mask = np.asarray(pillow.open(io.BytesIO(base64.b64decode(response["temp_vision_frame_mask"]))))
    assert len(response["faces"]) == 2
    assert response["engine"]["size"] == 512
    assert after.shape == before.shape
    changed = (after != before).any(axis=2)
    assert 0.05 < changed.mean() < 0.6
    assert not changed[:60].any()
    assert changed[mask > 128].mean() > 0.9
