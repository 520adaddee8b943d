"""Classes, depth, landmarks and outlines of studio and wild people tell of one and the same geometry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import get_args

import cv2
import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.world.anatomy import Floats
from pipeline.world.camera import camera_of
from pipeline.world.landmarks import points_of
from pipeline.world.person import Look, draw
from pipeline.world.render import Portrait, body_of, render
from pipeline.world.surfaces import gaze_of
from postprocess.labels import CelebAMask

SIZE = 128
WITHIN = 0.06
"""Depth of a landmark that is seen, about that of its pixel: dm."""
LIPS = (CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP, CelebAMask.MOUTH)
PARTS = {
    "left_brow": (slice(17, 22), (CelebAMask.LEFT_BROW,)),
    "right_brow": (slice(22, 27), (CelebAMask.RIGHT_BROW,)),
    "nose": (slice(27, 36), (CelebAMask.NOSE,)),
    "left_eye": (slice(36, 42), (CelebAMask.LEFT_EYE, CelebAMask.GLASSES)),
    "right_eye": (slice(42, 48), (CelebAMask.RIGHT_EYE, CelebAMask.GLASSES)),
    "lips_outer": (slice(48, 60), LIPS),
    "lips_inner": (slice(60, 68), LIPS),
    "left_iris": (slice(68, 69), (CelebAMask.LEFT_EYE, CelebAMask.GLASSES)),
    "right_iris": (slice(69, 70), (CelebAMask.RIGHT_EYE, CelebAMask.GLASSES)),
}
"""Landmarks and classes of each part of a face."""
INNER = slice(17, 70)


@dataclass(frozen=True)
class Seen:
    """A portrait, and where its landmarks (70, 3) are: pixels, and dm from the camera."""

    portrait: Portrait
    landmarks: Floats

    @property
    def behind(self) -> Floats:
        """How far the surface in each landmark's pixel is behind the landmark (70,), dm; NaN for the background."""
        columns, rows = self.landmarks[:, :2].astype(int).clip(0, SIZE - 1).T
        depth = self.portrait.depth[rows, columns]
        return np.where(depth > 0, depth - self.landmarks[:, 2], np.nan)

    @property
    def visible(self) -> np.ndarray:
        """Which landmarks nothing hides (70,)."""
        return np.abs(self.behind) < WITHIN


@cache
def see(look: Look, seed: int) -> Seen:
    person = draw(seed, look)
    body = body_of(person)
    landmarks = camera_of(person, body).project(points_of(body, gaze_of(person)), SIZE)
    return Seen(render(person, SIZE), landmarks)


people = pytest.mark.parametrize(
    ("look", "seed"), [(look, seed) for look in get_args(Look) for seed in range(500, 506)]
)


@people
def test_background_is_where_depth_is_none(look: Look, seed: int) -> None:
    portrait = see(look, seed).portrait
    assert ((portrait.depth == 0) == (portrait.labels == CelebAMask.BACKGROUND)).all()
    assert portrait.depth.max() < 60
    assert portrait.depth[portrait.depth > 0].min() > 1


@people
def test_landmarks_are_those_of_the_camera_and_left_is_left(look: Look, seed: int) -> None:
    seen = see(look, seed)
    assert np.abs(seen.landmarks[:, :2] - seen.portrait.landmarks).max() < 0.01
    x = seen.portrait.landmarks[:, 0]
    for left, right in ((PARTS[f"left_{part}"][0], PARTS[f"right_{part}"][0]) for part in ("brow", "eye", "iris")):
        assert x[left].mean() + 5 < x[right].mean()
    assert x[48] + 5 < x[54]
    assert x[0] + 5 < x[16]


@people
def test_no_landmark_lies_before_the_surface(look: Look, seed: int) -> None:
    seen = see(look, seed)
    assert not (
        seen.behind[17:48] > (0.06 if look == "studio" else 0.15)
    ).any()  # the lips are left out: their edge may be seen past
    assert seen.visible[INNER].mean() > (0.5 if look == "studio" else 0.1)


@people
def test_landmarks_lie_by_their_classes(look: Look, seed: int) -> None:
    seen = see(look, seed)
    near, known = [], []
    for rows, classes in PARTS.values():
        away = cv2.distanceTransform((~np.isin(seen.portrait.labels, classes)).astype(np.uint8), cv2.DIST_L2, 5)
        x, y = seen.landmarks[rows, :2].astype(int).clip(0, SIZE - 1).T
        near.append(away[y, x] <= 3)
        known.append(seen.visible[rows])
    assert np.concatenate(near)[np.concatenate(known)].mean() > (0.98 if look == "studio" else 0.75)


@people
def test_outlines_hold_their_classes_and_their_landmarks(look: Look, seed: int) -> None:
    seen = see(look, seed)
    for part in ("left_eye", "right_eye", "lips_outer"):
        rows, classes = PARTS[part]
        labelled = np.isin(seen.portrait.labels, [c for c in classes if c != CelebAMask.GLASSES])
        inside = filled(seen.portrait.outlines[part])
        assert (labelled & inside).sum() >= 0.99 * labelled.sum()
        x, y = seen.landmarks[rows, :2].astype(int).clip(0, SIZE - 1).T
        assert inside[y, x].all()
    for i, part in enumerate(("left_iris", "right_iris")):
        assert np.linalg.norm(seen.portrait.outlines[part].mean(0) - seen.portrait.landmarks[68 + i]) < 1


def filled(outline: Floats) -> np.ndarray:
    """Pixels within an outline or beside it."""
    image = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(image, [np.round(outline * 16).astype(np.int32) - 8], 1, cv2.LINE_8, 4)
    return cv2.dilate(image, np.ones((3, 3))) > 0
