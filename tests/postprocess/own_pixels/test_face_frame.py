"""The frame of a mean face."""

import numpy as np
import pytest

from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.face_frame import anchors, places

SIDE = 128
BOXES = {
    CelebAMask.LEFT_BROW: (34, 40, 42, 58), CelebAMask.RIGHT_BROW: (34, 40, 70, 86),
    CelebAMask.LEFT_EYE: (46, 52, 44, 56), CelebAMask.RIGHT_EYE: (46, 52, 72, 84),
    CelebAMask.NOSE: (54, 72, 57, 71), CelebAMask.UPPER_LIP: (82, 86, 52, 76), CelebAMask.LOWER_LIP: (86, 92, 52, 76),
}  # fmt: skip


def whole_face(down: int = 0, across: int = 0) -> Labels:
    """Classes of a square face with all parts, (SIDE, SIDE)."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[16 + down : 112 + down, 30 + across : 98 + across] = CelebAMask.SKIN
    for part, (top, bottom, left, right) in BOXES.items():
        labels[top + down : bottom + down, left + across : right + across] = part
    return labels


def test_a_face_lies_in_its_own_frame_where_it_is() -> None:
    found = places(whole_face(), anchors(whole_face()))
    assert found is not None
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    inner = (slice(20, 108), slice(34, 94))
    assert np.abs(found[0] - x)[inner].max() < 0.01 and np.abs(found[1] - y)[inner].max() < 0.01


@pytest.mark.parametrize(("down", "across"), [(6, 0), (-5, 4), (0, -8)])
def test_the_frame_follows_the_face(down: int, across: int) -> None:
    mean = anchors(whole_face())
    moved, still = places(whole_face(down, across), mean), places(whole_face(), mean)
    assert moved is not None and still is not None
    for place, other in zip(moved, still, strict=True):
        assert np.abs(np.roll(place, (-down, -across), (0, 1)) - other)[24:104, 36:92].max() < 0.005


def test_one_hidden_eye_does_not_matter_a_hidden_nose_does() -> None:
    mean = anchors(whole_face())
    winking, covered = whole_face(), whole_face()
    winking[winking == CelebAMask.LEFT_EYE] = CelebAMask.SKIN
    covered[covered == CelebAMask.NOSE] = CelebAMask.HAIR
    found, still = places(winking, mean), places(whole_face(), mean)
    assert found is not None and still is not None
    assert max(np.abs(a - b)[24:104, 36:92].max() for a, b in zip(found, still, strict=True)) < 0.01
    assert places(covered, mean) is None
    assert places(np.zeros_like(covered), mean) is None
