"""Small folders in the layout of LaPa, drawn without the portrait renderer."""

from pathlib import Path

import cv2
import numpy as np

from pipeline.core.images import write_image
from postprocess.labels import LAPA

# Row, column and half the side of each part, of a picture of side 1; a later part covers an earlier one.
PLACES = {
    "hair": (0.40, 0.50, 0.42),
    "skin": (0.55, 0.50, 0.34),
    "left brow": (0.36, 0.34, 0.06),
    "right brow": (0.36, 0.66, 0.06),
    "left eye": (0.50, 0.34, 0.06),
    "right eye": (0.50, 0.66, 0.06),
    "nose": (0.60, 0.50, 0.05),
    "upper lip": (0.72, 0.50, 0.05),
    "mouth": (0.77, 0.50, 0.03),
    "lower lip": (0.82, 0.50, 0.05),
}
# Both sides look the same: only their place tells them apart.
COLOURS = {
    "hair": (70, 50, 30),
    "skin": (230, 180, 150),
    "brow": (40, 90, 40),
    "eye": (60, 60, 220),
    "nose": (250, 220, 120),
    "upper lip": (200, 40, 60),
    "mouth": (20, 20, 20),
    "lower lip": (160, 60, 140),
}


def face(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A face of coloured squares, uint8 (size, size, 3), shifted at random, and its labels (size, size)."""
    image = np.full((size, size, 3), rng.integers(90, 200), np.uint8)
    labels = np.zeros((size, size), np.uint8)
    shift = rng.uniform(-0.06, 0.06, 2)
    for name, (row, column, half) in PLACES.items():
        top, left = np.rint((np.array([row, column]) + shift - half) * size).astype(int)
        part = np.s_[max(top, 0) : top + round(2 * half * size), max(left, 0) : left + round(2 * half * size)]
        image[part] = COLOURS.get(name, COLOURS.get(name.split()[-1], (0, 0, 0)))
        labels[part] = LAPA.index(name)
    noisy = image + rng.normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), labels


def write_split(folder: Path, count: int, size: int, seed: int) -> None:
    """`count` faces of `size` pixels as `images/*.jpg` and `labels/*.png`."""
    rng = np.random.default_rng(seed)
    (folder / "labels").mkdir(parents=True)
    for number in range(count):
        image, labels = face(rng, size)
        write_image(folder / "images" / f"{number:03d}.jpg", image)
        cv2.imwrite(str(folder / "labels" / f"{number:03d}.png"), labels)
