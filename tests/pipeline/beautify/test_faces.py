"""Photographs beautified: several faces, none, no landmarks, other depths, and the call that programs use."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.beautify import Retoucher, settings_of
from pipeline.beautify.faces import LARGEST, SMALLEST
from pipeline.core.crop import FFHQ_512, Crop, corners, ffhq_quad
from pipeline.core.errors import BadInput
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.photo import Photo
from postprocess.beauty.regions import EYES
from postprocess.labels import Lapa, to_lapa
from tests.support.drawn_face import DrawnMesh, drawn
from tests.support.labelled_scene import labels

STRONG = settings_of("strong", {"lips": 1.0})


class Faces:
    """Sees faces at these places (left, top, side)."""

    def __init__(self, *places: tuple[int, int, int]) -> None:
        self.places = places

    def detect(self, _: object) -> list[Face]:
        return [Face((0, 0, side, side), 0.9, FFHQ_512 * side + (x, y)) for x, y, side in self.places]


def parse(image: Image) -> np.ndarray:
    """Sees the same face in every picture."""
    found = to_lapa(labels(256))
    import cv2

    return np.asarray(cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_NEAREST))


def blind(image: Image) -> np.ndarray:
    return np.zeros(image.shape[:2], np.uint8)


def photo(height: int = 200, width: int = 300) -> Photo:
    pixels = np.random.default_rng(0).integers(60, 200, (height, width, 3), np.uint8)
    return Photo("some", pixels)


def test_every_face_is_beautified_and_nothing_else() -> None:
    before = photo()
    detector = Faces((10, 20, 120), (160, 40, 100))
    after, notes = Retoucher(STRONG, parse, detector).photo(before)  # type: ignore[arg-type]
    changed = (after.pixels != before.pixels).any(axis=2)
    assert notes == [] and after.recipe is not None and after.recipe["faces"] == 2
    squares = np.zeros(changed.shape, bool)
    for face in detector.detect(None):
        quad = ffhq_quad(face.points)
        crop = Crop(corners(quad), 300, 200, 8).validity()
        assert crop.any()
        (left, top), (right, bottom) = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
        part = np.s_[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
        assert changed[part].mean() > 0.02
        squares[part] = True
    assert not changed[~squares].any()


def test_without_landmarks_the_parser_decides() -> None:
    before = photo()
    after, notes = Retoucher(STRONG, parse, Faces()).photo(before)  # type: ignore[arg-type]
    assert "by its parsing alone" in notes[0] and (after.pixels != before.pixels).any()
    same, notes = Retoucher(STRONG, blind, Faces()).photo(before)  # type: ignore[arg-type]
    assert same is before and "no face was found" in notes[0]


def test_a_face_that_cannot_be_used_is_said_and_the_others_are_done() -> None:
    after, notes = Retoucher(STRONG, parse, Faces((10, 20, 120), (200, 50, 20))).photo(photo())  # type: ignore[arg-type]
    assert after.recipe is not None and after.recipe["faces"] == 1
    assert len(notes) == 1 and notes[0].startswith("Face 2 in") and "too small" in notes[0]


def test_depth_and_transparency_of_a_photo_stay() -> None:
    eight = photo(200, 200)
    deep = replace(eight, pixels=np.dstack([eight.pixels.astype(np.uint16) * 257, np.full((200, 200), 777, np.uint16)]))
    after, _ = Retoucher(STRONG, parse).photo(deep)
    assert after.pixels.dtype == np.uint16 and (after.pixels[:, :, 3] == 777).all()
    assert (after.pixels != deep.pixels).any()
    grey = replace(eight, pixels=eight.pixels[:, :, 0].copy())
    assert Retoucher(STRONG, parse).photo(grey)[0].pixels.ndim == 2


def test_strengths_of_0_leave_every_pixel() -> None:
    before = photo()
    after, _ = Retoucher(settings_of(None), parse, Faces((10, 20, 120))).photo(before)  # type: ignore[arg-type]
    np.testing.assert_array_equal(after.pixels, before.pixels)


def test_a_face_is_retouched_at_its_own_size_within_limits() -> None:
    sides: list[int] = []

    def sees(image: Image) -> np.ndarray:
        sides.append(len(image))
        return parse(image)

    detector = Faces((20, 20, 1200), (1300, 20, 300), (1300, 800, 100))
    Retoucher(settings_of(None), sees, detector).photo(photo(1400, 1900))  # type: ignore[arg-type]
    own = detector.detect(None)[1].side
    assert SMALLEST < own < LARGEST
    assert sides == [LARGEST, np.ceil(own), SMALLEST]


def test_overlapping_faces_are_retouched_once() -> None:
    before = photo()
    alone = [Faces((40, 20, 120)), Faces((100, 40, 110))]
    together = Faces(*(place for each in alone for place in each.places))
    changes = [
        np.abs(Retoucher(STRONG, parse, each).photo(before)[0].pixels.astype(int) - before.pixels)  # type: ignore[arg-type]
        for each in (*alone, together)
    ]
    assert (np.minimum(*changes[:2]) > 0).any()
    assert (changes[2] <= np.maximum(*changes[:2]) + 1).all()
    assert changes[2].any()


def test_only_the_face_that_is_asked_for_is_retouched() -> None:
    before, places = photo(), ((10, 20, 120), (180, 40, 90))
    one, two, none = (Retoucher(STRONG, parse, Faces(*places), only=number) for number in (1, 2, 3))  # type: ignore[arg-type]
    for retoucher, left, right in ((one, True, False), (two, False, True)):
        after, notes = retoucher.photo(before)
        changed = (after.pixels != before.pixels).any(axis=2)
        assert notes == [] and after.recipe is not None and after.recipe["faces"] == 1
        assert changed[:, :150].any() == left and changed[:, 200:].any() == right
    with pytest.raises(BadInput, match="there is no face 3"):
        none.photo(before)


def test_without_a_detected_face_only_a_first_one_can_be_asked_for() -> None:
    assert Retoucher(STRONG, parse, Faces(), only=1).photo(photo())[1]  # type: ignore[arg-type]
    for seen, number in ((parse, 2), (blind, 1)):
        with pytest.raises(BadInput, match="No face can be found in some"):
            Retoucher(STRONG, seen, Faces(), only=number).photo(photo())  # type: ignore[arg-type]


def test_what_is_left_out_is_said_for_each_face() -> None:
    def one_eyed(image: Image) -> np.ndarray:
        seen = parse(image)
        return np.where(seen == Lapa.LEFT_EYE, Lapa.SKIN, seen).astype(np.uint8)

    wanted = settings_of(None, {"iris": 1.0, "lips": 1.0, "eyes": 1.0})
    sentence = "whites of the eyes and irises left as they are: the parser does not see them where they must be"
    for faces, expected in (
        (Faces((10, 20, 120)), [sentence]),
        (Faces((10, 20, 120), (180, 40, 90)), [f"face 1: {sentence}", f"face 2: {sentence}"]),
    ):
        after, notes = Retoucher(wanted, one_eyed, faces).photo(photo())  # type: ignore[arg-type]
        assert notes == [] and after.recipe is not None and after.recipe["left_out"] == expected
    unwanted = settings_of(None, {"lips": 1.0})
    after, _ = Retoucher(unwanted, one_eyed, Faces((10, 20, 120))).photo(photo())  # type: ignore[arg-type]
    assert after.recipe is not None and "left_out" not in after.recipe


def test_landmarks_decide_where_there_is_a_mesh() -> None:
    image, labels = drawn()
    wanted = settings_of(None, {"iris": 1.0, "eye_colour": "#3070ff"})
    retoucher = Retoucher(wanted, blind, mesh=DrawnMesh())  # type: ignore[arg-type]
    after, notes = retoucher.crop(image)
    changed = (after != image).any(axis=2)
    assert notes == [] and changed.any()
    assert not changed[~np.isin(labels, EYES)].any()
    after, notes = replace(retoucher, trusted=True).crop(image)
    assert notes and (after == image).all()


def test_a_picture_without_colours_gets_none() -> None:
    image, labels = drawn()
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    after, notes = Retoucher(settings_of(None, {"lips": 1.0, "iris": 1.0}), lambda _: labels).crop(grey)
    assert notes == ["irises and lips left as they are: the picture is black and white"]
    assert (after == grey).all()
