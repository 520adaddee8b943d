"""Faces are found and cut out; edits come back without a square, a seam or a changed pixel elsewhere."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.crop import FFHQ_512, Crop, apply, corners
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.types import Floats, Image
from pipeline.photo.detector import open_detector
from pipeline.photo.face import Face
from pipeline.photo.faces import choose_face, crop_face, crop_restoration_face, delivered, usable_faces
from pipeline.photo.paste import feathered, paste_back
from tests.support.photos import hang, rendered, wall
from tests.support.yunet import yunet

RNG = np.random.default_rng(0)
PHOTO = cv2.GaussianBlur(RNG.integers(0, 256, (300, 400, 3), np.uint8), (9, 9), 2)


def square(centre: tuple[float, float] = (200, 150), side: float = 150, turn: float = 25, size: int = 128) -> Crop:
    angle = np.radians(turn)
    x = np.array([np.cos(angle), np.sin(angle)]) * side / 2
    y = np.array([-x[1], x[0]])
    quad = np.stack([centre - x - y, centre - x + y, centre + x + y, centre + x - y])
    return Crop(corners(quad), 400, 300, size)


def disc(size: int, radius: float = 0.25, soft: float = 0.0) -> Floats:
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size - 0.5
    distance = np.hypot(x, y)
    return np.clip((radius - distance) / max(soft, 1e-6), 0, 1).astype(np.float32)


def face(side: float, nose: float = 0.5, at: tuple[float, float] = (0, 0)) -> Face:
    points = FFHQ_512 * side + at
    points[2, 0] = points[0, 0] + nose * (points[1, 0] - points[0, 0])
    return Face((0, 0, side, side), 0.9, points)


def changed(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    return (after != before).reshape(*before.shape[:2], -1).any(axis=2)


def edited(size: int, support: Floats, by: float) -> tuple[Image, Image]:
    """A grey crop, and the same with something added where the support is."""
    original = np.full((size, size, 3), 100, np.uint8)
    return original, np.rint(original + by * support[:, :, None]).astype(np.uint8)


@pytest.mark.parametrize("crop", [square(), square((40, 20), 260, 100, 64), square((390, 290), 90, -70, 256)])
def test_nothing_edited_nothing_changed(crop: Crop) -> None:
    picture = RNG.integers(0, 256, (crop.size, crop.size, 3), np.uint8)
    for photo in (PHOTO, PHOTO[:, :, 0], np.dstack([PHOTO, PHOTO[:, :, 0]]), PHOTO.astype(np.uint16) * 257 + 3):
        result = paste_back(photo, crop, picture, picture)
        assert result is not photo
        assert result.dtype == photo.dtype
        np.testing.assert_array_equal(result, photo)


@given(
    st.floats(-100, 500),
    st.floats(-100, 400),
    st.floats(64, 600),
    st.floats(0, 360),
    st.integers(32, 200),
    st.booleans(),
)
def test_outside_the_support_every_pixel_is_the_photos(
    x: float, y: float, side: float, turn: float, size: int, deep: bool
) -> None:
    crop = square((x, y), side, turn, size)
    support = disc(size)
    photo = PHOTO.astype(np.uint16) * 257 if deep else PHOTO
    before = photo.copy()
    result = paste_back(photo, crop, *edited(size, support, 120), support)
    np.testing.assert_array_equal(photo, before)
    # The support in the photo, a pixel of it counting wherever its square does.
    distance = np.hypot(*(np.stack(np.meshgrid(np.arange(400), np.arange(300)), -1) - [x, y]).transpose(2, 0, 1))
    outside = distance > 0.25 * side + 0.75 * side / size + 0.05
    assert not changed(result, photo)[outside].any()


def test_inside_the_support_all_of_the_edit_arrives() -> None:
    for size in (64, 128, 512):
        crop, support = square(size=size), disc(size, 0.3, 0.02)
        result = paste_back(np.full((300, 400, 3), 90, np.uint8), crop, *edited(size, support, 50), support)
        assert (result[145:155, 195:205] == 140).all()


def test_sharpness_that_the_crop_has_lost_stays() -> None:
    noise = RNG.integers(60, 190, (300, 400, 3), np.uint8)
    crop = square(size=64)
    support = disc(64, 0.4, 0.05)
    result = paste_back(noise, crop, *edited(64, support, 40), support)
    inner = slice(140, 160), slice(190, 210)
    np.testing.assert_array_equal(result[inner], noise[inner] + 40)


def test_where_nothing_changed_inside_the_support_nothing_is_softened() -> None:
    crop, size = square(), 128
    original = cv2.resize(PHOTO, (size, size))
    edit = original.copy()
    edit[60:68, 60:68] = 255
    result = paste_back(PHOTO, crop, original, edit)
    assert 50 < changed(result, PHOTO).sum() < 400


@pytest.mark.parametrize("size", [64, 512])
def test_no_seam_at_a_hard_support_and_no_square_at_the_crops_edge(size: int) -> None:
    """The steepest step along any line is no steeper than a blend over the feather's width makes it."""
    flat = np.full((300, 400, 3), 90, np.uint8)
    crop = square(side=200, turn=0, size=size)
    for support, margin in ((disc(size), 6), (np.ones((size, size), np.float32), 32)):
        result = paste_back(flat, crop, *edited(size, np.ones_like(support), 100), support)
        steps = np.abs(np.diff(result[:, :, 0].astype(int), axis=1)).max()
        blend = 100 / (margin * 200 / 512)
        assert result.max() == 190
        assert steps <= 1.5 * blend + 1


def test_a_soft_support_fades_no_faster_than_the_edit_itself() -> None:
    """The mask takes nothing off an edit that its blends have faded already."""
    size, soft = 256, disc(256, 0.35, 0.12)
    crop = Crop(((22.0, 22.0), (22.0, 278.0), (278.0, 278.0), (278.0, 22.0)), 400, 300, size)
    flat = np.full((300, 400, 3), 90, np.uint8)
    original, edit = edited(size, soft, 100)
    result = paste_back(flat, crop, original, edit, soft)
    difference = result[23:278, 23:278, 0].astype(int) - 90
    plain = cv2.warpAffine(
        edit[:, :, 0].astype(np.float32) - 100, crop.to_crop(), (400, 300), flags=cv2.INTER_LINEAR | 16
    )
    plain = plain[23:278, 23:278]
    assert np.abs(np.diff(difference, axis=1)).max() <= np.abs(np.diff(plain, axis=1)).max() * 1.5 + 1
    assert (difference[plain > 30] >= plain[plain > 30] - 2).all()


def test_a_large_crop_of_a_small_face_is_averaged() -> None:
    """Stripes of one pixel in the crop are grey in a photo that shows it a quarter of the size."""
    size = 512
    stripes = np.full((size, size, 3), 100, np.uint8)
    edit = stripes.copy()
    edit[:, ::2] = 200
    crop = square(side=128, turn=0, size=size)
    result = paste_back(np.full((300, 400, 3), 50, np.uint8), crop, stripes, edit)
    inner = result[140:160, 190:210].astype(int)
    assert np.abs(inner - 100).max() <= 2


def test_grey_photos_and_alpha() -> None:
    crop, support = square(), disc(128, 0.4, 0.1)
    original = np.full((128, 128, 3), 100, np.uint8)
    red = original.copy()
    red[:, :, 0] = np.rint(100 + 100 * support)
    grey = paste_back(np.full((300, 400), 50, np.uint8), crop, original, red, support)
    assert (grey.shape, grey[150, 200]) == ((300, 400), round(50 + 29.9))
    clear = np.full((300, 400, 4), 80, np.uint8)
    result = paste_back(clear, crop, original, red, support)
    assert result[150, 200].tolist() == [180, 80, 80, 80]
    pair = paste_back(np.full((300, 400, 2), 80, np.uint8), crop, original, red, support)
    assert pair[150, 200].tolist() == [110, 80]


def test_a_crop_beyond_the_photo_changes_nothing() -> None:
    crop, support = square((-500, -500)), disc(128)
    np.testing.assert_array_equal(paste_back(PHOTO, crop, *edited(128, support, 90), support), PHOTO)


def test_another_photo_is_refused() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    with pytest.raises(BadInput, match="use the photo that it was cut from"):
        paste_back(PHOTO[:-1], square(), picture, picture)
    with pytest.raises(BadInput, match="use one size"):
        paste_back(PHOTO, square(), picture, picture[:64, :64])


@given(st.integers(16, 300), st.floats(0.05, 0.6))
def test_feathered_is_a_weight_that_vanishes_where_it_must(size: int, radius: float) -> None:
    support = disc(size, radius)
    weight = feathered(support)
    assert (weight >= 0).all()
    assert (weight <= 1).all()
    assert (weight[support == 0] == 0).all()
    assert weight[0].max() <= 0.5 * 512 / size / 32 + 1e-6


def test_a_face_is_chosen_or_a_sentence_says_why_not() -> None:
    large, small = face(300), face(80)
    photo = np.zeros((600, 600, 3), np.uint8)
    assert choose_face(photo, [large, small], "a.jpg") is large
    assert choose_face(photo, [large, small], "a.jpg", 2) is small
    for faces, number, message in (
        ([], 1, "No face can be found in a.jpg of 600 x 600 pixels: use a photo"),
        ([large], 2, "There is 1 face in a.jpg"),
        ([large, small], 3, "There are 2 faces in a.jpg"),
        ([large], 0, "no face 0"),
        ([face(30)], 1, "only 29 pixels wide"),
        ([face(300, nose=1.2)], 1, "turned to the side"),
        ([face(300, nose=-0.1)], 1, "turned to the side"),
    ):
        with pytest.raises(BadInput, match=message) as error:
            choose_face(photo, faces, "a.jpg", number)
        assert str(error.value).endswith(".")
        assert "\n" not in str(error.value)


@given(st.floats(0.3, 0.9), st.floats(-180, 180), st.floats(-0.1, 0.1), st.integers(64, 256))
def test_a_restorers_crop_brings_the_points_to_the_template(side: float, turn: float, by: float, size: int) -> None:
    """Whatever the face's place, size and turn; the photo is read, not changed."""
    angle = np.radians(turn)
    turned = (FFHQ_512 - 0.5) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = 300 * side * turned + [200 + 100 * by, 150 - 100 * by]
    before = PHOTO.copy()
    image, crop = crop_restoration_face(PHOTO, Face((0, 0, 1, 1), 0.9, points), size)
    assert image.shape == (size, size, 3)
    assert crop.side == pytest.approx(300 * side)
    # A point at t of the template is at pixel t * 512 of the nets' 512; another size shows the same square.
    np.testing.assert_allclose(apply(crop.to_crop(512), points), FFHQ_512 * 512, atol=0.01)
    np.testing.assert_array_equal(PHOTO, before)


def test_a_restorers_crop_beyond_the_photo_is_refused() -> None:
    with pytest.raises(BadInput, match="beyond the photo's edge"):
        crop_restoration_face(PHOTO, face(200, at=(-150, -150)))


def test_without_the_detector_one_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"`face-edit models fetch faces`"):
        open_detector("yunet")


@pytest.mark.parametrize(("side", "turn"), [(120, 0), (256, -20), (400, 25), (700, 10)])
def test_the_real_detector_finds_rendered_faces_where_they_are(side: int, turn: float) -> None:
    photo = wall(1000, 900)
    place = hang(photo, rendered(2)[1], (520, 440), side, turn)
    (found,) = yunet().detect(photo)
    _, crop = crop_face(photo, found, 256)
    ours, theirs = np.asarray(crop.quad), np.asarray(place.quad)
    assert np.abs(ours.mean(0) - theirs.mean(0)).max() < 0.06 * side
    assert crop.side == pytest.approx(side, rel=0.15)
    across, there = ours[3] - ours[0], theirs[3] - theirs[0]
    angle = np.degrees(np.arctan2(across[1], across[0]) - np.arctan2(there[1], there[0]))
    assert abs(angle) < 5


def test_the_real_detector_numbers_faces_from_the_largest() -> None:
    photo = wall(1200, 500)
    pictures = rendered(3)
    for number, (picture, side) in enumerate(zip(pictures, (150, 300, 220), strict=True)):
        hang(photo, picture, (200 + 400 * number, 250), side, 0)
    found = yunet().detect(photo)
    assert [round(one.points.mean(0)[0] / 400 - 0.5) for one in found] == [1, 2, 0]
    assert yunet().detect(photo)[0].points.tolist() == found[0].points.tolist()


@pytest.mark.parametrize("shape", [(1, 1), (40, 50), (3000, 2), (500, 700)])
def test_the_real_detector_finds_nobody_where_nobody_is(shape: tuple[int, int]) -> None:
    assert yunet().detect(wall(*shape)) == []


def test_the_face_that_is_asked_for_is_taken_or_refused() -> None:
    photo = np.zeros((300, 600, 3), np.uint8)
    faces = [Face((0, 0, 9, 9), 0.9, FFHQ_512 * size + [x, 40]) for x, size in ((40, 220), (340, 40))]
    numbers, sentences = usable_faces(photo, faces, "two")
    assert numbers == [1]
    assert sentences[0].startswith("Face 2 in two is too small")
    assert usable_faces(photo, faces, "two", only=1) == ([1], [])
    for number, reason in ((2, "too small"), (3, "There are 2 faces")):
        with pytest.raises(BadInput, match=reason):
            usable_faces(photo, faces, "two", only=number)
    assert usable_faces(photo, [], "two", only=2) == ([], [])


@pytest.mark.parametrize(
    ("side", "upscale", "size"), [(150, 1, 128), (60, 1, 60), (60, 2, 120), (60, 4, 128), (3, 1, 8)]
)
def test_a_face_is_delivered_at_the_resolution_of_the_photo(side: float, upscale: int, size: int) -> None:
    crop = square(side=side)
    assert delivered(crop, upscale).size == size
    assert delivered(crop, upscale).quad == crop.quad
