"""Where the parts of a face lie, and how large it is: what every effect asks of the labels.

Labels are the 11 classes of LaPa (Liu et al., "A New Dataset and Boundary-Attention Semantic Segmentation for Face
Parsing", AAAI 2020), uint8 (H, W).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats, Image
from postprocess.masks import REFERENCE_SIZE, Mask, alpha_from_distance, distance_to

Labels = NDArray[np.uint8]

SKIN, LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE, NOSE, UPPER_LIP, MOUTH, LOWER_LIP, HAIR = range(1, 11)
EYES = (LEFT_EYE, RIGHT_EYE)
LIPS = (UPPER_LIP, LOWER_LIP)
FACE = (SKIN, LEFT_BROW, RIGHT_BROW, *EYES, NOSE, *LIPS, MOUTH)

Retouch = Callable[[Image, Labels, float], Image]
"""An effect within a box: picture, labels and `unit` to the changed picture."""

FACE_SHARE = 0.24
"""Share of an aligned crop that the face covers, on average."""


def part(labels: Labels, *classes: int) -> Mask:
    """Pixels (H, W) of any of the classes."""
    return np.isin(labels, classes)


def unit(labels: Labels) -> float:
    """Length of one pixel at 512, in pixels of this picture, by the area of its face; 0 where there is none.

    In an aligned crop of 512 pixels it is about 1; a face that fills less of its picture makes every size smaller.
    """
    return float(np.sqrt(part(labels, *FACE).sum() / FACE_SHARE)) / REFERENCE_SIZE


def in_box(image: Image, labels: Labels, classes: Sequence[int], margin: float, retouch: Retouch) -> Image:
    """The picture (H, W, 3) changed by `retouch` in the box around some classes, `margin` pixels at 512 larger.

    It is the picture itself where none of the classes is seen.
    """
    rows, columns = (np.flatnonzero(part(labels, *classes).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return image
    size = unit(labels)
    more = int(np.ceil(margin * size)) + 1
    box = np.s_[max(rows[0] - more, 0) : rows[-1] + more + 1, max(columns[0] - more, 0) : columns[-1] + more + 1]
    changed = image.copy()
    changed[box] = retouch(np.ascontiguousarray(image[box]), np.ascontiguousarray(labels[box]), size)
    return changed


def fading(region: Mask, width: float) -> Floats:
    """Weight (H, W) that grows from the border of `region` to 1 over `width` pixels inside it; 0 outside."""
    return alpha_from_distance(distance_to(~region), width)


def ramp(values: Floats, start: float, end: float) -> Floats:
    """Smoothly from 0 at `start` to 1 at `end`, which may lie below; the step of Perlin's noise."""
    share = np.clip((values - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def luma(image: Image | Floats) -> Floats:
    """Brightness (H, W) of RGB by BT.601, in the units of the image."""
    return np.asarray(image, np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def blurred(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of (H, W) or (H, W, C); `sigma` in pixels."""
    import cv2

    if sigma < 0.2:  # less than what a sampled Gaussian can show
        return values
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def towards(image: Image, target: Floats, weight: Floats) -> Image:
    """image + weight * (target - image), rounded, uint8 (H, W, 3); bit by bit the image's where the weight is 0.

    target: (H, W, 3) in grey levels 0..255 · weight: (H, W) in 0..1
    """
    mixed = image + weight[:, :, None] * (target - image)
    return np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)
