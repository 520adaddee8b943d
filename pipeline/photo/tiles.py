"""Square tiles of a photo, for faces that are too small to be seen in all of it."""

from collections.abc import Iterator

import numpy as np

from pipeline.core.types import Image
from pipeline.photo.face import Face

PANORAMA = 2.5
"""Ratio of the sides from which a photo is a panorama."""


def is_panorama(image: Image) -> bool:
    """Whether a photo (H, W, 3) is much wider than high, or higher than wide."""
    return max(image.shape[:2]) >= PANORAMA * min(image.shape[:2])


def tiles(image: Image, side: int) -> Iterator[tuple[Image, int, int]]:
    """Tiles of at most `side` pixels that cover a photo (H, W, 3) and overlap by half; left and top of each."""
    height, width = image.shape[:2]
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield image[top : top + side, left : left + side], left, top


def shifted(face: Face, left: int, top: int) -> Face:
    """A face of a tile as a face of the photo."""
    x, y, width, height = face.box
    return Face((x + left, y + top, width, height), face.score, face.points + np.array([left, top]))


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin that cover a length and overlap by half."""
    count = max(int(np.ceil(2 * length / side)) - 1, 1)
    return [round(start) for start in np.linspace(0, max(length - side, 0), count)]
