"""Parts by landmarks: contours decide, and what is covered is left out."""

import numpy as np
import pytest

from pipeline.beautify.contours import parts_by_landmarks
from pipeline.photo.landmarks import vertices
from postprocess.beauty import regions
from postprocess.labels import Lapa
from tests.support import drawn_face
from tests.support.drawn_face import BROWS, EYES, GAP, IRIS, LIPS, SKIN, drawn, landmarks, paint

NOBODY = np.zeros((512, 512), np.uint8)


def area(place: tuple[float, float, float, float]) -> np.ndarray:
    canvas = np.zeros((512, 512), np.uint8)
    paint(canvas, place, 1)
    return canvas > 0


def test_contours_are_enough_and_labels_elsewhere_change_nothing() -> None:
    image, labels = drawn()
    wrong = np.where(np.isin(labels, (*regions.EYES, *regions.LIPS, Lapa.MOUTH)), Lapa.SKIN, labels).astype(np.uint8)
    wrong[420:450, 200:300] = Lapa.LOWER_LIP  # a chin
    wrong[270:290, 170:220] = Lapa.LEFT_EYE  # a cheek
    for seen in (labels, wrong, NOBODY):
        parts = parts_by_landmarks(image, seen, landmarks(), trusted=False)
        assert not parts.left_out
        for label, place in zip(regions.EYES, EYES.values(), strict=True):
            assert (regions.part(parts.labels, label) == area(place)).mean() > 0.999
            iris = parts.irises[label]
            assert (iris.x, iris.y, iris.radius) == pytest.approx((*place[:2], IRIS))
        lips = regions.part(parts.labels, *regions.LIPS)
        assert (lips != (area(LIPS) & ~area(GAP))).sum() < 0.1 * lips.sum()
        assert not lips[430:].any()
        upper = regions.part(parts.labels, Lapa.UPPER_LIP)
        assert np.nonzero(upper)[0].mean() < LIPS[1] < np.nonzero(lips & ~upper)[0].mean()
        assert regions.part(parts.labels, Lapa.MOUTH)[int(GAP[1]), 230:280].all()


def test_skin_is_the_oval_without_hair_brows_eyes_and_mouth() -> None:
    image, labels = drawn()
    image[120:200, 126:256] = drawn_face.HAIR  # a strand across the forehead
    for seen in (labels, NOBODY):
        skin = regions.part(parts_by_landmarks(image, seen, landmarks(), trusted=False).labels, Lapa.SKIN)
        assert not skin[130:195, 130:250].any()
        assert not any(skin[area(place)].any() for place in (LIPS, *EYES.values(), *BROWS.values()))
        free = area(drawn_face.OVAL) & (labels == Lapa.SKIN)
        free[115:205, 120:262] = False
        assert skin[free].mean() > 0.95


def test_covered_eyes_keep_their_colour() -> None:
    image, labels = drawn()
    glasses = image.copy()
    for x, y, *_ in EYES.values():
        paint(glasses, (x, y, 45.0, 30.0), (25, 25, 30))
    closed, _ = drawn(closed=True)
    one = image.copy()
    paint(one, (319.0, 240.0, 45.0, 30.0), SKIN)
    for covered in (glasses, closed, one):
        parts = parts_by_landmarks(covered, labels, landmarks(), trusted=False)
        assert not parts.irises and set(parts.left_out) == {"eyes", "iris"}
    narrow = landmarks()
    for side, (x, y, wide, _) in EYES.items():
        contour = vertices()["outlines"][f"{side}_eye"]
        narrow.points[contour, :2] = drawn_face.ellipse((x, y, wide, 1.5), len(contour))
    assert set(parts_by_landmarks(image, labels, narrow, trusted=False).left_out) == {"eyes", "iris"}
    assert parts_by_landmarks(image, labels, landmarks(irises=False), trusted=False).left_out["iris"]


def test_a_covered_mouth_is_left_out() -> None:
    image, labels = drawn()
    image[330:, :] = (120, 170, 200)  # a mask
    parts = parts_by_landmarks(image, labels, landmarks(), trusted=False)
    assert set(parts.left_out) == {"lips", "teeth"}
    assert not regions.part(parts.labels, *regions.LIPS, Lapa.MOUTH).any()


def test_a_parser_that_knows_photographs_has_a_say() -> None:
    image, labels = drawn()
    assert not parts_by_landmarks(image, labels, landmarks(), trusted=True).left_out
    one_eye = np.where(labels == Lapa.RIGHT_EYE, Lapa.BACKGROUND, labels).astype(np.uint8)
    parts = parts_by_landmarks(image, one_eye, landmarks(), trusted=True)
    assert set(parts.left_out) == {"under_eyes", "eyes", "iris"} and not parts.irises
    assert not regions.part(parts.labels, *regions.EYES).any()
    a_hand = np.where(np.isin(labels, (*regions.LIPS, Lapa.MOUTH)), Lapa.SKIN, labels).astype(np.uint8)
    parts = parts_by_landmarks(image, a_hand, landmarks(), trusted=True)
    assert set(parts.left_out) == {"lips", "teeth"}
