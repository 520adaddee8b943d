"""Drawn glasses: where they sit, what they leave, and whether they are seen as glasses."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.images import read_image, resize
from pipeline.models import Models
from pipeline.world.samples import studio_pictures
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.glasses import HIGH, fitted, worn

SIDE = 128
EYES = (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE)


def face(nose: int = 64, tilt: int = 0) -> Labels:
    """Classes of a square face with eyes of 12 x 6 pixels, 48 apart."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[:30, 16:112] = CelebAMask.HAIR
    labels[30:120, 16:112] = CelebAMask.SKIN
    for part, x, y in zip(EYES, (40, 88), (56 - tilt, 56 + tilt), strict=True):
        labels[y - 3 : y + 3, x - 6 : x + 6] = part
    labels[60:84, nose - 8 : nose + 8] = CelebAMask.NOSE
    return labels


def picture(labels: Labels) -> np.ndarray:
    colours = np.full((19, 3), 190, np.uint8)
    colours[CelebAMask.HAIR] = 40, 30, 20
    colours[list(EYES)] = 90, 80, 80
    return colours[labels]


@given(st.integers(-8, 8), st.sampled_from([1, 2, 3]))
def test_lenses_lie_below_the_eyes_and_grow_with_the_picture(tilt: int, factor: int) -> None:
    labels = np.kron(face(tilt=tilt), np.ones((factor, factor), np.uint8))
    frame = fitted(labels)
    assert frame is not None
    eyes = [np.argwhere(labels == part).mean(0)[::-1] for part in EYES]
    distance = np.hypot(*(eyes[1] - eyes[0]))
    assert frame.half == pytest.approx(distance / 2, rel=1e-5)
    down = np.array([-(eyes[1] - eyes[0])[1], (eyes[1] - eyes[0])[0]]) / distance
    for lens, eye in zip(frame.lenses, eyes, strict=True):
        below = (lens.mean(0) - eye) / frame.half
        assert below @ down == pytest.approx(0.12, abs=0.03)
        assert np.abs((lens - lens.mean(0)) @ down).max() == pytest.approx(HIGH * frame.half, rel=0.05)
    bridge, *temples = (np.hypot(*(rod[0] - rod[-1])) for rod in frame.rods)
    assert bridge < 0.7 * distance < distance < min(temples)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_farther_lens_of_a_turned_head_is_narrower(sign: int) -> None:
    frame = fitted(face(64 + sign * 8))
    assert frame is not None
    left, right = (np.ptp(lens[:, 0]) for lens in frame.lenses)
    assert (left > right) == (sign > 0) and min(left, right) < 0.9 * max(left, right)


def test_without_eyes_there_are_none() -> None:
    for part in (*EYES, CelebAMask.NOSE):
        labels = face()
        labels[labels == part] = CelebAMask.SKIN
        assert fitted(labels) is None and worn(picture(labels), labels, 1.0) is None


def test_what_is_not_covered_keeps_its_bits() -> None:
    labels = face()
    found = worn(picture(labels), labels, 1.0)
    assert found is not None
    image, new = found
    assert np.array_equal(image[new == 0], picture(labels)[new == 0]) and 0.03 < (new > 0).mean() < 0.35
    assert not new[90:].any()
    grey = image.mean(2)
    assert grey[labels == CelebAMask.SKIN].min() < 60  # the frame is as dark as hair and eyes
    for part in EYES:
        assert np.abs(image[labels == part].astype(int) - 90).mean() < 20  # eyes are seen through the lenses


@given(st.floats(0, 1))
def test_glasses_appear_with_their_strength(amount: float) -> None:
    labels = face()
    whole, part = worn(picture(labels), labels, 1.0), worn(picture(labels), labels, amount)
    assert whole is not None and part is not None
    change, most = (np.abs(one.astype(int) - picture(labels)).sum() for one in (part[0], whole[0]))
    assert change <= most and (amount > 0.05 or change < 0.1 * most)
    assert amount < 0.95 or change > 0.8 * most


def test_a_blurred_picture_has_a_soft_frame() -> None:
    labels = np.kron(face(), np.ones((2, 2), np.uint8))
    sharp = picture(labels)
    sharp[::4] //= 2
    edges = []
    for image in (sharp, cv2.GaussianBlur(sharp, (0, 0), 4)):
        found = worn(image, labels, 1.0)
        assert found is not None
        edges.append(np.abs(np.diff(found[0].astype(int) - image, axis=0)).max())
    assert edges[1] < 0.8 * edges[0]


def test_a_curtain_of_hair_lies_over_the_lens_and_a_fringe_below_it() -> None:
    labels = face()
    curtain, fringe = labels.copy(), labels.copy()
    curtain[30:, 100:112], fringe[48:53, 60:112] = CelebAMask.HAIR, CelebAMask.HAIR
    bare, behind, before = (worn(picture(each), each, 1.0) for each in (labels, curtain, fringe))
    assert bare is not None and behind is not None and before is not None
    assert bare[1][40:76, 104:108].max() > 0.9
    assert behind[1][40:76, 104:108].max() < 0.1
    assert before[1][49:52, 70:84].max() > 0.9


def test_the_lower_rim_is_thinner_and_no_frame_is_blacker_than_plastic() -> None:
    labels = np.kron(face(), np.ones((4, 4), np.uint8))
    image = picture(labels)
    image[labels == CelebAMask.HAIR] = 0
    found = worn(image, labels, 1.0)
    frame = fitted(labels)
    assert found is not None and frame is not None
    column, middle = round(float(frame.lenses[0][:, 0].mean())), round(float(frame.lenses[0][:, 1].mean()))
    dark = found[0][:, column].mean(1) < 60
    assert dark[middle:].sum() < 0.8 * dark[:middle][120:].sum()
    assert found[0][150:300, 60:260].min() > 10


def test_the_judge_sees_glasses(demo_models: Models) -> None:
    seen = []
    for file in studio_pictures():
        image = resize(read_image(file), 256)
        (labels,) = demo_models.parser.labels([image])
        found = worn(image, labels, 1.0)
        before = int(demo_models.judge.predict([image])["Gl"][0].argmax())
        if found is not None and before == 0:
            seen.append(int(demo_models.judge.predict([found[0]])["Gl"][0].argmax()))
    assert len(seen) >= 4 and np.mean(seen) >= 0.8
