"""The three services of the enhancer, each alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.crop import FFHQ_512
from pipeline.core.errors import BadRequest
from pipeline.core.images import write_image
from pipeline.enhance.documents import parse_analysis
from pipeline.enhance.inference import Nets, align, infer, restore, visible
from pipeline.enhance.postprocess import postprocess, separate
from pipeline.enhance.preprocess import five_points, preprocess
from pipeline.enhance.schema import Blending, Engine, LandmarkSet
from pipeline.enhance.sessions import open_session
from pipeline.photo.face import Face
from tests.support import enhancer_onnx
from tests.support.photos import wall

POINTS = FFHQ_512 * 120 + [90, 60]


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "wall.png"
    write_image(path, wall(320, 240))
    return path


@pytest.fixture
def nets(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    return Nets(Engine(models=enhancer_onnx.small_set(tmp_path)))


def analysed(*faces):
    data = [{"landmark_set": {"5": np.asarray(points).tolist()}, "bounding_box": [1, 2, 3, 4]} for points in faces]
    return parse_analysis({"output_image_data": data if len(data) > 1 else data[0]})


class Detector:
    def __init__(self, *faces):
        self.faces = list(faces)

    def detect(self, image):
        return self.faces


def test_the_first_service_gives_the_photo_and_the_points_of_every_face(photo):
    prepared = preprocess(photo, analysed(POINTS, POINTS + 20))
    assert prepared.photo.pixels.shape == (240, 320, 3)
    assert np.allclose(prepared.faces[1].points, POINTS + 20)
    assert prepared.faces[0].given.bounding_box == (1, 2, 3, 4)


def test_without_analysis_faces_are_searched(photo):
    prepared = preprocess(photo, detector=Detector(Face((10.0, 20.0, 30.0, 40.0), 0.75, POINTS)))
    assert np.allclose(prepared.faces[0].points, POINTS)
    assert prepared.faces[0].given.bounding_box == (10, 20, 40, 60)
    assert prepared.faces[0].given.score_set == 0.75


@pytest.mark.parametrize(
    ("points", "sentence"),
    [(POINTS + 5000, "no point is inside the photo"), (POINTS * 0 + 50, "all points coincide")],
)
def test_points_that_are_no_face_in_the_photo_are_refused(photo, points, sentence):
    with pytest.raises(BadRequest, match=sentence) as caught:
        preprocess(photo, analysed(POINTS, points))
    assert caught.value.path == "analysis.output_image_data.1.landmark_set"


def test_a_face_that_the_edge_cuts_off_is_still_one(photo):
    points = POINTS - [150, 0]
    assert (points < 0).any() and (points[:, 0] > 0).any()
    assert np.allclose(preprocess(photo, analysed(points)).faces[0].points, points)


TURNED = POINTS.copy()
TURNED[2, 0] = TURNED[0, 0] - 5
CUT_OFF = POINTS - [190, 0]
CUT_OFF[1] = [3, 110]


@pytest.mark.parametrize("own", [True, False], ids=["detector", "analysis"])
def test_faces_that_cannot_be_used_are_left_out_by_number(photo, own):
    places = [TURNED, POINTS, CUT_OFF, POINTS + 20]
    source = (None, Detector(*(Face((0, 0, 9, 9), 0.9, each) for each in places))) if own else (analysed(*places),)
    prepared = preprocess(photo, *source)
    assert [face.number for face in prepared.faces] == [2, 4]
    assert [face.number for face in prepared.left_out] == [1, 3]
    assert "Face 1 in wall is turned to the side" in prepared.left_out[0].reason
    assert "face 3 in wall lies beyond the photo's edge" in prepared.left_out[1].reason
    (one,) = preprocess(photo, *source, only=4).faces
    assert (one.number, one.points.tolist()) == (4, (POINTS + 20).tolist())
    for only, sentence in ((1, "turned to the side"), (5, "there are 4 faces in the photo, numbered")):
        with pytest.raises(BadRequest, match=sentence) as caught:
            preprocess(photo, *source, only=only)
        assert caught.value.path == "settings.face"


@pytest.mark.parametrize("own", [True, False], ids=["detector", "analysis"])
def test_a_photo_whose_every_face_cannot_be_used_is_refused(photo, own):
    source = (None, Detector(Face((0, 0, 9, 9), 0.9, TURNED))) if own else (analysed(TURNED),)
    with pytest.raises(BadRequest, match=r"^[\w.]+: The face in wall is turned to the side") as caught:
        preprocess(photo, *source)
    assert caught.value.path == ("args.input_image_1" if own else "analysis.output_image_data")


def test_a_photo_without_faces_is_refused(photo):
    with pytest.raises(BadRequest, match="no face") as caught:
        preprocess(photo, detector=Detector())
    assert caught.value.path == "args.input_image_1"


@given(st.lists(st.tuples(st.floats(0, 999), st.floats(0, 999)), min_size=68, max_size=68))
def test_five_points_of_sixty_eight(outline):
    points = five_points(LandmarkSet.model_validate({"68": outline}))
    outline = np.array(outline)
    assert np.allclose(points[0], sum(outline[36:42]) / 6)
    assert np.allclose(points[1], sum(outline[42:48]) / 6)
    assert np.array_equal(points[2:], outline[[30, 48, 54]])


@given(st.floats(0.3, 3), st.floats(-3, 3), st.floats(-200, 200), st.floats(-200, 200))
def test_alignment_puts_the_points_where_the_template_has_them(scale, turn, x, y):
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = (FFHQ_512 * 128) @ rotation.T + [x, y]
    crop, matrix = align(wall(64, 48), points, 128)
    assert crop.shape == (128, 128, 3)
    assert np.allclose(points @ matrix[:, :2].T + matrix[:, 2], FFHQ_512 * 128, atol=0.05)


def test_what_lies_beyond_the_photo_repeats_its_edge():
    crop, _ = align(np.full((48, 64, 3), 90, np.uint8), FFHQ_512 * 128 - 40, 128)
    assert (crop == 90).all()


@pytest.mark.parametrize("points", [POINTS * 0 + 50, FFHQ_512 * 1e6])
def test_points_that_no_crop_can_show_are_refused(points):
    with pytest.raises(BadRequest, match="not those of a face"):
        align(wall(64, 48), points, 64)


def test_the_restorer_gets_and_gives_rgb_in_minus_one_to_one(tmp_path):
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    restored = restore(crop, open_session(enhancer_onnx.restorer(tmp_path / "r.onnx", lift=0.2)))
    expected = np.rint((np.clip(crop / 127.5 - 1 + 0.2, -1, 1) + 1) * 127.5)
    assert np.abs(restored.astype(int) - expected).max() <= 1


def test_a_second_input_of_a_restorer_gets_its_fidelity(tmp_path):
    session = open_session(enhancer_onnx.restorer(tmp_path / "c.onnx", lift=0.0, weight_input=True))
    grey = np.full((64, 64, 3), 102, np.uint8)
    assert restore(grey, session, {"fidelity": 0.4}).mean() == pytest.approx(102 + 0.4 * 127.5, abs=1)


def test_the_occluder_gets_blue_green_red_in_zero_to_one(tmp_path):
    session = open_session(enhancer_onnx.occluder(tmp_path / "o.onnx"))
    crop = np.zeros((64, 64, 3), np.uint8)
    crop[:, 32:] = (255, 51, 0)
    said = visible(crop, session)  # the stand-in says the last channel
    assert said.shape == (32, 32)
    assert np.allclose(said[:, 17:], 1)
    assert np.allclose(said[:, :15], 0)


def test_what_the_occluder_holds_back_and_the_switch_that_lets_it_through(nets):
    image = wall(320, 240)
    image[:] = (255, 0, 0)
    image[:, 160:] = 0
    (masked,) = infer(image, [POINTS], nets, Blending())
    (bare,) = infer(image, [POINTS], nets, Blending(occluder=False))
    assert (masked.mask <= bare.mask + 1e-6).all()
    assert masked.mask[32, 8] > 0.4
    assert masked.mask[32, 60] == 0
    assert bare.mask[32, 32] == pytest.approx(1, abs=1e-3)


def plainly(image, faces, blend):
    """The published formula, face after face, over the whole photo."""
    frame = image.copy()
    for picture, mask, matrix in faces:
        inverse, size = cv2.invertAffineTransform(matrix), image.shape[1::-1]
        weight = cv2.warpAffine(mask, inverse, size).clip(0, 1)[:, :, None]
        warped = cv2.warpAffine(picture, inverse, size, borderMode=cv2.BORDER_REPLICATE)
        pasted = np.rint(weight * warped + (1 - weight) * frame).astype(np.uint8)
        frame = cv2.addWeighted(frame, 1 - blend, pasted, blend, 0)
    return frame


@given(st.floats(0, 1), st.floats(-0.5, 0.5), st.floats(0.3, 2), st.floats(-60, 300), st.floats(-60, 200))
def test_pasting_is_the_published_formula_and_leaves_the_rest_bit_by_bit(blend, turn, scale, x, y):
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (180, 260, 3)).astype(np.uint8)
    picture = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    mask = np.zeros((64, 64), np.float32)
    mask[6:-6, 6:-6] = rng.random((52, 52))
    c, s = np.cos(turn) / scale, np.sin(turn) / scale
    matrix = np.array([[c, -s, 0], [s, c, 0]])
    matrix[:, 2] = -matrix[:, :2] @ [x, y]
    result, covered = postprocess(image, [(picture, mask, matrix)], blend)
    # OpenCV rounds places to 1/32 of a pixel, here counted from another corner.
    assert np.abs(result.astype(int) - plainly(image, [(picture, mask, matrix)], blend)).mean() < 0.5
    assert np.array_equal(result[covered == 0], image[covered == 0])
    assert covered.min() >= 0
    assert covered.max() <= 1


def test_no_blend_is_no_change_and_all_of_it_is_the_face_itself():
    image, picture = wall(120, 100), np.full((64, 64, 3), 7, np.uint8)
    faces = [(picture, np.ones((64, 64), np.float32), np.array([[1.0, 0, -20], [0, 1, -10]]))]
    assert np.array_equal(postprocess(image, faces, 0.0)[0], image)
    whole = postprocess(image, faces, 1.0)[0]
    assert (whole[12:70, 22:80] == 7).all()
    eighty = postprocess(image, faces, 0.8)[0]
    assert np.abs(eighty[40, 50] - (0.8 * 7 + 0.2 * image[40, 50])).max() <= 1


def test_every_face_may_have_a_blend_of_its_own():
    image, picture = wall(200, 100), np.full((32, 32, 3), 7, np.uint8)
    mask = np.ones((32, 32), np.float32)
    faces = [(picture, mask, np.array([[1.0, 0, -x], [0, 1, -20]])) for x in (10, 120)]
    result, covered = postprocess(image, faces, [0.0, 1.0])
    assert np.array_equal(result[:, :60], image[:, :60])
    assert (result[30, 130] == 7).all()
    assert covered[30, 20] == covered[30, 130] == 1


def test_a_face_is_pasted_up_to_its_last_pixels():
    image, mask = wall(120, 100), np.ones((64, 64), np.float32)
    place = np.array([[1.0, 0, -20], [0, 1, -10]])
    _, covered = postprocess(image, [(np.full((64, 64, 3), 7, np.uint8), mask, place)], 1.0)
    inside = np.zeros((100, 120), bool)
    inside[10:74, 20:84] = True
    assert np.array_equal(covered > 0, inside)


def test_a_face_beside_another_does_not_hide_where_that_was_enhanced():
    picture, near = np.full((32, 32, 3), 7, np.uint8), np.zeros((32, 32), np.float32)
    near[:, 16:] = 1
    places = [np.array([[1.0, 0, -x], [0, 1, -20]]) for x in (10, 20)]
    faces = [(picture, mask, place) for mask, place in zip((np.ones_like(near), near), places, strict=True)]
    _, covered = postprocess(wall(100, 80), faces)
    assert (covered[20:52, 10:52] == 1).all()


def test_faces_that_overlap_touch_each_pixel_once():
    image, white = np.zeros((100, 140, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    places = [np.array([[1.0, 0, -x], [0, 1, -20]]) for x in (10, 50)]
    faces = [(white, np.ones((64, 64), np.float32), place) for place in places]
    alone = [postprocess(image, [face], 0.5)[0].astype(int) for face in faces]
    together, covered = postprocess(image, separate(faces, 140, 100), 0.5)
    assert (covered[20:84, 10:114] >= 0.5).all()
    assert (covered[20:84, 10:114] == 1).mean() > 0.97
    assert together.max() <= 128
    assert np.array_equal(together[:, :60], alone[0][:, :60])
    assert np.array_equal(together[:, 64:], alone[1][:, 64:])
    assert separate(faces[:1], 140, 100)[0][1] is faces[0][1]


def test_every_face_is_put_back_and_one_beyond_the_photo_changes_nothing():
    image, picture = wall(200, 100), np.full((32, 32, 3), 7, np.uint8)
    mask = np.ones((32, 32), np.float32)
    places = [np.array([[1.0, 0, -x], [0, 1, -20]]) for x in (10, 120, 900)]
    result, covered = postprocess(image, [(picture, mask, place) for place in places], 1.0)
    assert (result[30, 20] == 7).all()
    assert (result[30, 130] == 7).all()
    assert covered[30, 20] == covered[30, 130] == 1
    assert np.array_equal(result[:, 60:110], image[:, 60:110])
