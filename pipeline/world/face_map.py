"""Where the parts of a face lie, in canonical coordinates: u (angle about the head's axis) and y (height, dm)."""

import numpy as np
from numpy.typing import NDArray

from pipeline.world.anatomy import Floats

Line = tuple[tuple[float, ...], tuple[float, ...]]
"""Heights over |u|: knots and values."""

HAIRLINE: Line = (
    (0, 0.3, 0.55, 0.70, 0.80, 0.90, 0.97, 1.02, 1.40, 1.55, 2.2, 3.15),
    (7.95, 7.95, 7.88, 7.72, 7.50, 7.40, 7.12, 7.38, 7.44, 7.10, 6.72, 6.60),
)
JAW: Line = ((0, 0.2, 0.5, 0.9, 1.05, 1.3, 2.0), (6.33, 6.35, 6.47, 6.80, 6.95, 6.9, 6.9))
BROW: Line = ((0.10, 0.19, 0.31, 0.41, 0.525), (7.513, 7.530, 7.548, 7.538, 7.478))
BROW_HALF: Line = (BROW[0], (0.031, 0.037, 0.034, 0.027, 0.012))


LIPS_END = 0.78
"""Value of the painted mask of the lips at which they end to the eye."""


def along(line: Line, u: Floats) -> NDArray[np.float64]:
    """Height of a line at angles u of either side."""
    return np.interp(np.abs(u), *line)


def brow(u: Floats, y: Floats, thickness: float = 1.0) -> NDArray[np.float64]:
    """How much points belong to a brow, 0..1."""
    inside = (np.abs(u) > BROW[0][0]) & (np.abs(u) < BROW[0][-1])
    band = 1.2 - np.abs(y - along(BROW, u)) / (along(BROW_HALF, u) * thickness)
    return np.clip(band, 0, 1) * inside


def face(u: Floats, y: Floats) -> Floats:
    """How much points belong to the face and the throat, and not to skull, ears and shoulders, 0..1."""
    across, down = np.clip((1.08 - np.abs(u)) / 0.25, 0, 1), np.clip((y - 5.95) / 0.2, 0, 1)
    return across * down * np.clip((7.98 - y) / 0.2, 0, 1)


def blob(u: Floats, y: Floats, u0: float, y0: float, su: float, sy: float) -> Floats:
    """A soft spot of radii `su`, `sy` at `u0`, `y0` on both sides of the face."""
    return np.exp(-(((np.abs(u) - u0) / su) ** 2) - ((y - y0) / sy) ** 2)


def nose(u: Floats, y: Floats) -> NDArray[np.bool_]:
    """Whether points belong to the nose."""
    heights = (6.86, 6.90, 6.98, 7.05, 7.2, 7.38, 7.42)
    wide = np.interp(y, heights, (0.05, 0.135, 0.155, 0.13, 0.075, 0.06, 0.0))
    return (np.abs(u) < wide) & (y > 6.87) & (y < 7.42)


def beard(u: Floats, y: Floats) -> NDArray[np.float64]:
    """Where a beard grows, 0..1."""
    a = np.abs(u)
    cheek = np.interp(a, (0, 0.16, 0.24, 0.45, 0.75, 0.95, 1.05), (6.87, 6.90, 6.78, 6.72, 6.88, 7.12, 7.2))
    low = np.interp(a, (0, 0.5, 0.9, 1.05), (6.12, 6.25, 6.6, 6.9))
    area = np.clip((cheek - y) / 0.06, 0, 1) * np.clip((y - low) / 0.1, 0, 1) * np.clip((1.0 - a) / 0.05, 0, 1)
    lips = np.clip(1.6 - ((a / 0.205) ** 2 + ((y - 6.675) / 0.105) ** 2), 0, 1)
    return area * (1 - np.clip(1.7 * lips, 0, 1)) * (1 - 0.75 * blob(u, y, 0.11, 6.53, 0.05, 0.05))
