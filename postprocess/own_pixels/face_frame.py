"""The frame of a mean face: where pixels of an aligned face lie in it, by the places of its parts."""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats
from postprocess.labels import BROWS, EYES, FACE, LIPS, CelebAMask, Labels

Parts = tuple[CelebAMask, ...]

NOSE: Parts = (CelebAMask.NOSE,)
EYES_AND_BROWS = tuple((part,) for part in (*EYES, *BROWS))
LEAST, NEEDED = 3e-4, 22
"""Share of the picture from which a part counts as seen, and least number of anchors that are."""
END = 0.05
"""Share of a part's pixels that make its end: a parser misses single ones."""
STIFFNESS = 1e-4
"""Smoothing of the spline: a parser sees anchors within a pixel or two."""
CELLS = 48
"""Side of the grid on which the spline is evaluated."""


def anchors(labels: Labels) -> Floats:
    """Places (28, 2) in x, y of classes (S, S), in shares of the side; NaN where a part is not seen."""
    found = [point for part in (*EYES_AND_BROWS, NOSE, LIPS) for point in _ends(labels, part)]
    found += [_end(labels, NOSE, 1, last=True), *(_end(labels, LIPS, 1, last) for last in (False, True))]
    return np.asarray(np.stack([*found, *_outline(labels)]) / len(labels), np.float32)


def places(labels: Labels, mean: Floats) -> tuple[Floats, Floats] | None:
    """Where the pixels of a face of classes (S, S) lie in the mean face with anchors (28, 2).

    Returns:
        x and y, float32 (S, S), in shares of the side; None where too little of the face is seen.
    """
    own = anchors(labels)
    return None if np.isfinite(own[:, 0]).sum() < NEEDED else warped(own, mean, len(labels))


def warped(start: Floats, end: Floats, side: int, box: tuple[float, ...] = (0, 1, 0, 1)) -> tuple[Floats, Floats]:
    """Where a thin plate spline (Duchon, 1977) through anchors takes the pixels of a square.

    Args:
        start, end: Anchors (n, 2); those that are NaN are left out.
        side: Pixels along each side.
        box: Left, right, top and bottom of the square.

    Returns:
        x and y, float32 (side, side), in the units of `end`.
    """
    import cv2
    from scipy.interpolate import RBFInterpolator

    seen = np.isfinite(start[:, 0]) & np.isfinite(end[:, 0])
    spline = RBFInterpolator(start[seen], end[seen], smoothing=STIFFNESS)
    cells = (np.arange(CELLS) + 0.5) / CELLS
    corners = np.meshgrid(box[0] + cells * (box[1] - box[0]), box[2] + cells * (box[3] - box[2]))
    found = spline(np.stack(corners, -1).reshape(-1, 2)).reshape(CELLS, CELLS, 2).astype(np.float32)
    x, y = (cv2.resize(found[..., i], (side, side), interpolation=cv2.INTER_CUBIC) for i in range(2))
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _points(labels: Labels, part: Parts) -> NDArray[np.float64]:
    """Middles (n, 2) of a part's pixels; one NaN where it is hardly seen."""
    y, x = np.nonzero(np.isin(labels, part))
    if len(x) < max(LEAST * labels.size, 1):
        return np.full((1, 2), np.nan)
    return np.stack([x, y], -1).astype(np.float64) + 0.5


def _end(labels: Labels, part: Parts, axis: int, last: bool) -> NDArray[np.float64]:
    """Mean place of the first or last pixels of a part along an axis, 0 for x."""
    points = _points(labels, part)
    along = points[:, axis] if last else -points[:, axis]
    return np.asarray(points[~(along < np.quantile(along, 1 - END))].mean(0))


def _ends(labels: Labels, part: Parts) -> list[NDArray[np.float64]]:
    """Left end, middle and right end of a part."""
    return [_end(labels, part, 0, False), _points(labels, part).mean(0), _end(labels, part, 0, True)]


def _outline(labels: Labels) -> list[NDArray[np.float64]]:
    """Both edges of the face at the tip of the nose, at the mouth and between it and the chin; the chin."""
    tip, (left, middle, right) = _end(labels, NOSE, 1, True), _ends(labels, LIPS)
    missing = [np.full(2, np.nan)] * 7
    if np.isnan([tip, middle]).any():
        return missing
    face = np.isin(labels, FACE)
    below = np.nonzero(face[:, int(left[0]) : int(right[0]) + 1].mean(1) > 0.5)[0]
    if not len(below):
        return missing
    chin = float(below.max()) + 1
    found = []
    for row in (tip[1], middle[1], (middle[1] + chin) / 2):
        seen = np.nonzero(face[int(row)])[0]
        if not len(seen):
            return missing
        found += [np.array([seen.min(), row]), np.array([seen.max() + 1.0, row])]
    return [*found, np.array([middle[0], chin])]
