"""Photographs through whole runs on toy models, and one through `edit_photo`."""

import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image as pillow

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.config import load_config
from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput, MissingWeights, RunConflict
from pipeline.core.files import sha256
from pipeline.core.images import read_image, write_image
from pipeline.edit.edit_photo import edit_photo
from pipeline.models import Models
from pipeline.photo.crop_files import CropInfo, read_note, store_crop
from pipeline.photo.detector import open_detector
from pipeline.photo.faces import choose_face, crop_face
from pipeline.photo.metadata import GPS_IFD, Metadata
from pipeline.photo.paste import put_back
from pipeline.photo.photo import Photo, read_photo, write_photo
from pipeline.run.job import Job, Photographs
from pipeline.run.runner import RunOutcome, run
from pipeline.run.source_photos import EditedPhoto
from pipeline.run.supports import read_support
from postprocess.own_pixels.motions import Motion
from tests.pipeline.run.test_runner import images, records
from tests.support.icc_profiles import wide_gamut
from tests.support.photos import hang, rendered, wall
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import PLACE, toy_config, toy_job, toy_models, toy_photo, toy_run
from tests.support.yunet import yunet

NAMES = ("anna", "ben", "carl")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        write_image(tmp_path / "photos" / f"{name}.png", toy_photo(seed))
    return tmp_path / "photos"


def far_away(photo: np.ndarray) -> np.ndarray:
    """Pixels outside the square that the face's crop shows."""
    places = np.stack(np.meshgrid(np.arange(200), np.arange(150)), -1).reshape(-1, 2)
    matrix = Crop(PLACE, 200, 150, 1).to_crop()
    inside = places @ matrix[:, :2].T + matrix[:, 2]
    return (np.abs(inside) > 0.52).any(1).reshape(photo.shape[:2])


def test_photo_to_photo(photos: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in photos.iterdir()}
    outcome = toy_run(photos, tmp_path / "run", photos=Photographs())
    assert not outcome.failed
    assert before == {path: path.read_bytes() for path in photos.iterdir()}
    assert outcome.photos == tmp_path / "run" / "photos"
    lines = records(tmp_path / "run")
    assert len(lines) == 3 * 7
    for record in lines:
        photo, result = read_image(record["source"]), read_image(tmp_path / "run" / record["photo"])
        changed = (photo != result).any(axis=2)
        assert changed.sum() > 100
        assert not changed[far_away(photo)].any()
    note = read_note(tmp_path / "run" / "crops" / "anna.png")
    assert note.crop.side == pytest.approx(99, rel=0.03)
    assert note.inside == 1.0
    assert (tmp_path / "run" / "contact_sheet.png").is_file()


def test_results_say_what_was_done(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "run", photos=Photographs(), edits=("Bp_max",))
    with pillow.open(tmp_path / "run" / "photos" / "anna" / "Bp_max.png") as file:
        packet = file.info["XML:com.adobe.xmp"]
    for part in ("toy_square", "Bp_max", "toy-64", "compositeWithTrainedAlgorithmicMedia"):
        assert part in packet


@pytest.mark.parametrize("gps", [False, True])
def test_the_place_is_given_only_when_asked(photos: Path, tmp_path: Path, gps: bool) -> None:
    block = pillow.Exif()
    block[0x010F] = "A camera"
    block.get_ifd(GPS_IFD)[1] = "N"
    pillow.fromarray(toy_photo(0)).save(photos / "anna.png", exif=block)
    toy_run(photos, tmp_path / "run", photos=Photographs(gps=gps), edits=("Bp_max",))
    with pillow.open(tmp_path / "run" / "photos" / "anna" / "Bp_max.png") as file:
        assert (GPS_IFD in file.getexif()) == gps
    with pytest.raises(RunConflict, match="gps"):
        toy_run(photos, tmp_path / "run", photos=Photographs(gps=not gps), edits=("Bp_max",))


def test_a_strength_of_nothing_gives_the_photo(photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("photo,edit,strength\nanna,Bp_max,0\nben,Bp_max,1\n")
    toy_run(photos, tmp_path / "run", photos=Photographs(), sheet=sheet)
    results = tmp_path / "run" / "photos"
    np.testing.assert_array_equal(read_image(results / "anna" / "Bp_max@0.png"), toy_photo(0))
    assert (read_image(results / "ben" / "Bp_max.png") != toy_photo(1)).any()


def test_no_edit_gives_the_photo(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    outcome = toy_run(photos, folder, photos=Photographs(), edits=(), keep=("toy_square",))
    assert outcome.images == 3
    assert not outcome.failed
    for seed, name in enumerate(NAMES):
        np.testing.assert_array_equal(read_image(folder / "photos" / name / "none.png"), toy_photo(seed))
    assert {record["edit"] for record in records(folder)} == {"none"}
    whole = images(folder)
    (folder / "photos" / "anna" / "none.png").unlink()
    assert toy_run(photos, folder, photos=Photographs(), edits=(), start="toy_invert").images == 3
    assert images(folder) == whole


def test_a_photo_of_wide_colours_keeps_them(photos: Path, tmp_path: Path) -> None:
    pillow.fromarray(toy_photo(0)).save(photos / "anna.png", icc_profile=wide_gamut())
    toy_run(photos, tmp_path / "run", photos=Photographs(), edits=("Bp_max",))
    toy_run(photos, tmp_path / "nothing", photos=Photographs(), edits=())
    result = read_photo(tmp_path / "run" / "photos" / "anna" / "Bp_max.png")
    assert result.metadata.icc == wide_gamut()
    untouched = read_photo(tmp_path / "nothing" / "photos" / "anna" / "none.png")
    np.testing.assert_array_equal(untouched.pixels, toy_photo(0))
    changed = (result.pixels != toy_photo(0)).any(axis=2)
    assert changed.sum() > 100
    assert not changed[far_away(toy_photo(0))].any()


def test_an_edit_has_the_same_colour_in_a_photo_of_wide_colours() -> None:
    photo = Photo("anna", np.full((150, 200, 3), (180, 120, 110), np.uint8), Metadata(wide_gamut()))
    crop = Crop(PLACE, 200, 150, 64)
    asked = np.full((64, 64, 3), (150, 160, 90), np.uint8)
    seen = np.repeat(photo.rgb[:64, :1], 64, axis=1)
    pixels = put_back(photo, crop, seen, asked)
    x, y = np.rint(crop.to_photo() @ [31.5, 31.5, 1]).astype(int)
    assert np.abs(replace(photo, pixels=pixels).rgb[y, x].astype(int) - asked[0, 0]).max() <= 2
    assert np.abs(pixels[y, x].astype(int) - asked[0, 0]).max() > 5


def test_no_pixel_is_edited_twice_where_faces_overlap(tmp_path: Path) -> None:
    """Both faces become lighter by 40; so does the photo, where they overlap too."""
    grey, lighter = (np.full((64, 64, 3), value, np.uint8) for value in (100, 140))
    write_image(tmp_path / "pair.png", np.full((150, 200, 3), 100, np.uint8))
    edited = []
    with RunFolder(tmp_path / "run") as folder:
        for number, left in enumerate((10.0, 60.0), 1):
            name, right = f"pair_{number}", left + 100
            quad = ((left, 20.0), (left, 120.0), (right, 120.0), (right, 20.0))
            note = CropInfo(
                photo="pair.png", sha256="", face=number, of=2, score=1, inside=1, quad=quad, width=200, height=150,
                size=64,
            )  # fmt: skip
            store_crop(folder.crop(name)[0], grey, note)
            write_image(folder.image("images", name, "Bp_max"), lighter)
            supports = folder.supports("images", name)
            supports.parent.mkdir(parents=True, exist_ok=True)
            np.savez(supports, Bp_max=np.ones((64, 64), np.bool_))
            path = folder.image("images", name, "Bp_max").relative_to(folder.path).as_posix()
            edited.append(Record(name, str(tmp_path / "pair.png"), "", 1, "Bp_max", 1.0, path))
        EditedPhoto(folder, "pair", tmp_path / "pair.png", {}, Photographs(face=None)).write("Bp_max", edited)
        change = read_image(folder.photo("pair", "Bp_max"))[:, :, 0].astype(int) - 100
    assert change.max() == 40
    assert (change[60:80, 30:140] == 40).mean() > 0.9
    assert change[:15].max() == 0


class Halves:
    """Depth by which the right half is near, and a matte by which the left half is a person."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(b"a net")
        self.path = path

    def inverse_depth(self, images: Any) -> np.ndarray:
        return np.repeat(1 - self.share(images[0])[None], len(images), 0)

    def share(self, image: np.ndarray) -> np.ndarray:
        return np.repeat(np.arange(64)[None] < 32, 64, 0).astype(np.float32)


@pytest.fixture
def depth_run(photos: Path, tmp_path: Path) -> Callable[..., RunOutcome]:
    """Runs with the step that takes a matte."""
    nets = Halves(tmp_path / "net")

    def run_steps(input_dir: Path, matte: bool, **asked: Any) -> RunOutcome:
        models = toy_models()
        models.depth, models.matte = nets, nets if matte else None
        config = {"steps": ["toy_square", {"depth_segmentation": {"coef": 99.0}}, "toy_invert"]}
        return run(toy_job(input_dir, tmp_path / "run", config, edits=("Bp_max",), **asked), models)

    return run_steps


def test_a_matte_decides_and_one_that_comes_later_is_noticed(
    photos: Path, tmp_path: Path, depth_run: Callable[..., RunOutcome]
) -> None:
    folder = tmp_path / "run"
    depth_run(photos, False, photos=Photographs())
    by_depth = images(folder)
    assert yaml.safe_load((folder / "run.yaml").read_text())["matte"] is None
    with pytest.raises(RunConflict, match="matte: not set there, "):
        depth_run(photos, True, photos=Photographs())
    shutil.rmtree(folder)
    depth_run(photos, True, photos=Photographs())
    assert yaml.safe_load((folder / "run.yaml").read_text())["matte"] == sha256(tmp_path / "net")
    assert images(folder).keys() == by_depth.keys()
    assert images(folder) != by_depth


def test_a_single_step_is_done_again_with_a_matte_that_came_later(
    photos: Path, depth_run: Callable[..., RunOutcome]
) -> None:
    depth_run(photos, False, photos=Photographs(), keep=("toy_square",))
    counts = [
        depth_run(photos, matte, photos=Photographs(), only="depth_segmentation").images
        for matte in (False, False, True, True)
    ]
    assert counts == [3, 0, 3, 0]


def test_crops_know_no_matte(tmp_path: Path, depth_run: Callable[..., RunOutcome]) -> None:
    write_image(tmp_path / "crops" / "anna.png", portrait_image(0))
    depth_run(tmp_path / "crops", False)
    assert depth_run(tmp_path / "crops", True).before == 1
    assert yaml.safe_load((tmp_path / "run" / "run.yaml").read_text())["matte"] is None


def test_what_is_missing_comes_back(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, photos=Photographs())
    whole = images(folder)
    (folder / "photos" / "ben" / "Bp_max.png").unlink()
    (folder / "crops" / "ben.json").unlink()
    (folder / "crops" / "carl.png").write_bytes(b"broken")
    assert toy_run(photos, folder, photos=Photographs()).before == 2
    assert images(folder) == whole


def test_a_changed_photo_is_cut_again(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, photos=Photographs())
    write_image(photos / "ben.png", toy_photo(7))
    assert toy_run(photos, folder, photos=Photographs()).before == 2
    toy_run(photos, tmp_path / "fresh", photos=Photographs())
    fresh, now = images(tmp_path / "fresh"), images(folder)
    assert fresh == {name: now[name] for name in fresh}


def test_bad_photos_do_not_stop_the_others(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes((photos / "anna.png").read_bytes()[:400])
    write_image(photos / "nobody.png", np.zeros((150, 200, 3), np.uint8))
    write_image(photos / "beyond.png", toy_photo(3)[:60, :70])
    outcome = toy_run(photos, tmp_path / "run", photos=Photographs())
    assert set(outcome.failed) == {"broken", "nobody", "beyond"}
    assert "beyond the photo's edge" in outcome.failed["beyond"]
    assert "No face can be found in nobody.png" in outcome.failed["nobody"]
    errors = {line["portrait"] for line in records(tmp_path / "run") if "error" in line}
    assert errors == set(outcome.failed)


def test_without_the_detector_the_run_ends_with_its_command(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "empty"))

    class Models(ToyModels):
        @property
        def detector(self) -> Any:
            return open_detector("yunet")

        @detector.setter
        def detector(self, value: Any) -> None:
            pass

    with pytest.raises(MissingWeights, match=r"`face-edit models fetch faces`"):
        run(toy_job(photos, tmp_path / "run", photos=Photographs()), Models())


def test_later_steps_on_kept_images(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, photos=Photographs(), keep=("toy_square",))
    whole = images(folder)
    (folder / "photos" / "anna" / "Bp_max.png").unlink()
    toy_run(photos, folder, photos=Photographs(), start="toy_invert")
    assert images(folder) == whole


def test_one_photo_in_python(photos: Path, tmp_path: Path) -> None:
    photo = read_photo(photos / "anna.png")
    config = toy_config()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edited = edit_photo(photo, {"Bp_max": 1.0, "Hc_1": 0.5}, toy_models(), config)
        nothing = edit_photo(photo, {}, toy_models(), config)
    np.testing.assert_array_equal(photo.pixels, toy_photo(0))
    np.testing.assert_array_equal(nothing.pixels, photo.pixels)
    changed = (edited.pixels != photo.pixels).any(axis=2)
    assert changed.sum() > 100
    assert not changed[far_away(photo.pixels)].any()
    assert edited.recipe == {
        "models": "demo",
        "space": "toy-64",
        "steps": ["toy_square", "toy_invert"],
        "edits": {"Bp_max": 1.0, "Hc_1": 0.5},
    }
    write_photo(tmp_path / "edited.png", edited)
    np.testing.assert_array_equal(read_photo(tmp_path / "edited.png").pixels, edited.pixels)
    assert json.dumps(edited.recipe)


def test_a_run_and_a_call_move_the_same_pixels(photos: Path, tmp_path: Path) -> None:
    """Those of the photo, by the motion of its crop, which a run keeps with the support; also from a kept image on."""
    models, bump = toy_models(), np.hanning(16)
    models.parser = SimpleNamespace(labels=lambda some: np.ones((len(some), *some[0].shape[:2]), np.uint8))
    models.motions["Bp_max"] = Motion(np.float32(0.06 * bump[:, None, None] * bump[:, None] * [1, 0.5]))
    config = toy_config(steps=["carry_over", "toy_square"])
    job = Job(photos, tmp_path / "run", config, ("Bp_max",), photos=Photographs(), keep=("carry_over",))
    assert not run(job, models).failed
    photo = read_photo(photos / "anna.png")
    edited = edit_photo(photo, {"Bp_max": None}, models, config)
    file = RunFolder(job.output_dir).photo("anna", "Bp_max")
    assert np.array_equal(read_photo(file).pixels, edited.pixels)
    support = read_support(RunFolder(job.output_dir).supports("images_post_toy_square", "anna"), "Bp_max")
    assert support is not None and support.motion is not None and support.motion.dtype == np.float16
    before = file.read_bytes()
    file.unlink()
    assert not run(replace(job, start="toy_square", keep=()), models).failed
    assert file.read_bytes() == before
    models.motions.clear()
    still = edit_photo(photo, {"Bp_max": None}, models, config)
    assert not np.array_equal(still.pixels, edited.pixels)


def test_what_the_models_do_not_know_is_edited_by_force_only() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (150, 200, 3), np.uint8)
    with pytest.raises(BadInput, match=r"^noise: The reconstruction .* force=True"):
        edit_photo(Photo("noise", noise), {"Bp_max": 1.0}, toy_models(), toy_config())
    with pytest.warns(UserWarning, match=r"^noise: The reconstruction"):
        edit_photo(Photo("noise", noise), {"Bp_max": 1.0}, toy_models(), toy_config(), force=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        edit_photo(Photo("noise", noise), {}, toy_models(), toy_config())


def test_what_the_photo_s_own_pixels_make_needs_no_known_face(tmp_path: Path) -> None:
    models, noise = toy_models(), np.random.default_rng(0).integers(0, 256, (150, 200, 3), np.uint8)
    models.set.embedded, models.predictor = True, SimpleNamespace(predict=lambda images: {})
    models.parser = SimpleNamespace(labels=lambda some: np.ones((len(some), *some[0].shape[:2]), np.uint8))
    models.motions["Bp_max"] = Motion(np.full((8, 8, 2), 0.02, np.float32))
    config = toy_config(steps=["carry_over", "toy_square"])
    assert edit_photo(Photo("noise", noise), {"Bp_max": 1.0}, models, config).pixels.shape == noise.shape
    for edits, used in (({"Bp_max": 1.0, "Hc_1": 1.0}, config), ({"Bp_max": 1.0}, toy_config())):
        with pytest.raises(BadInput, match=r"^noise: The reconstruction"):
            edit_photo(Photo("noise", noise), edits, models, used)
    write_image(tmp_path / "photos" / "noise.png", noise)
    job = Job(tmp_path / "photos", tmp_path / "run", config, ("Bp_max", "Hc_1"), photos=Photographs())
    assert not run(job, models).failed
    assert RunFolder(job.output_dir).photo("noise", "Bp_max").is_file()
    assert not RunFolder(job.output_dir).photo("noise", "Hc_1").exists()


def test_a_generator_that_draws_nothing_is_not_tuned(tmp_path: Path) -> None:
    models, bump = toy_models(), np.hanning(16)
    models.set.embedded, models.set.tuning_steps = True, 3
    models.predictor = SimpleNamespace(predict=lambda images: {})
    models.parser = SimpleNamespace(labels=lambda some: np.ones((len(some), *some[0].shape[:2]), np.uint8))
    models.motions["Bp_max"] = Motion(np.float32(0.06 * bump[:, None, None] * bump[:, None] * [1, 0.5]))
    noise = np.random.default_rng(0).integers(0, 256, (150, 200, 3), np.uint8)
    write_image(tmp_path / "photos" / "noise.png", noise)
    config = toy_config(steps=["carry_over", "toy_square"])
    job = Job(tmp_path / "photos", tmp_path / "own", config, ("Bp_max",), photos=Photographs(), keep=("carry_over",))
    both = replace(job, output_dir=tmp_path / "both", edits=("Bp_max", "Hc_1"), force=True, keep=())
    results = []
    for one, tuned in ((job, False), (both, True)):
        assert not run(one, models).failed
        assert bool(list(one.output_dir.rglob("*.safetensors"))) == tuned
        assert ("tuned_psnr" in records(one.output_dir)[0]["scores"]) == tuned
        results.append(RunFolder(one.output_dir).photo("noise", "Bp_max").read_bytes())
    assert results[0] == results[1]  # also where a folder has the tuning
    photo = read_photo(tmp_path / "photos" / "noise.png")
    assert np.array_equal(
        edit_photo(photo, {"Bp_max": 1.0}, models, config).pixels,
        read_photo(RunFolder(job.output_dir).photo("noise", "Bp_max")).pixels,
    )
    before = records(job.output_dir)[0]["scores"]["inversion_psnr"]
    assert not run(replace(job, start="toy_square", keep=()), models).failed
    assert records(job.output_dir)[0]["scores"]["inversion_psnr"] == before


def test_photos_that_differ_in_their_suffix_alone_have_their_own_results(photos: Path, tmp_path: Path) -> None:
    write_image(photos / "anna.jpg", toy_photo(7))
    job = Job(photos, tmp_path / "run", toy_config(), ("Bp_max",), photos=Photographs(face=None))
    assert not run(job, toy_models()).failed
    folder = RunFolder(job.output_dir)
    results = {name: read_image(folder.photo(name, "Bp_max")) for name in ("anna.png", "anna.jpg", "ben", "carl")}
    assert (results["anna.png"] != results["anna.jpg"]).any()
    kept = (photos / "anna.jpg").read_bytes()
    again = run(job, toy_models())
    assert again.before == again.total == 4 and (photos / "anna.jpg").read_bytes() == kept


def test_edits_and_faces_that_are_not_there(photos: Path) -> None:
    photo = read_photo(photos / "anna.png")
    with pytest.raises(BadInput, match="did you mean max"):
        edit_photo(photo, {"Bp_mx": 1.0}, toy_models(), toy_config())
    with pytest.raises(BadInput, match="no face 2"):
        edit_photo(photo, {"Bp_max": 1.0}, toy_models(), toy_config(), face=2)


@pytest.mark.full
def test_a_rendered_portrait_on_a_wall_turns_blond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_models: Models
) -> None:
    """The embedded set and the real detector, from a folder of photographs to a folder of photographs."""
    detector = yunet()
    monkeypatch.setitem(vars(demo_models), "detector", detector)
    before = wall(800, 600)
    hang(before, rendered(2)[1], (420, 300), 330, -14)
    write_image(tmp_path / "photos" / "wall.png", before)
    config = load_config(None, ["device=cpu"])
    outcome = run(
        Job(tmp_path / "photos", tmp_path / "run", config, edits=("Hc_1",), photos=Photographs()), demo_models
    )
    assert not outcome.failed
    assert not outcome.warnings
    after = read_image(tmp_path / "run" / "photos" / "wall" / "Hc_1.png")
    crops = [crop_face(photo, choose_face(photo, detector.detect(photo), "wall"), 256)[0] for photo in (before, after)]
    hair = demo_models.predictor.predict(crops)["Hc"].argmax(1).tolist()
    assert hair[0] != 1
    assert hair[1] == 1
    assert 0.02 < (before != after).any(axis=2).mean() < 0.2
