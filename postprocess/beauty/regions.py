"""Regions and scale of a face from its labels, the classes of `postprocess.labels.Lapa`, uint8 (H, W)."""

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.core.crop import Points
from pipeline.core.types import Floats, Image
from postprocess.labels import Labels, Lapa
from postprocess.masks import REFERENCE_SIZE, Mask, alpha_from_distance, distance_to

EYES = (Lapa.LEFT_EYE, Lapa.RIGHT_EYE)
LIPS = (Lapa.UPPER_LIP, Lapa.LOWER_LIP)
FACE = tuple(each for each in Lapa if each not in (Lapa.BACKGROUND, Lapa.HAIR))

Retouch = Callable[[Image, Labels, float], Image]
"""Effect within a box: image, labels and `unit` to the changed image."""

Box = tuple[slice, slice]
"""Rows and columns."""

FACE_SHARE = 0.24
"""Average share of an aligned crop that the face covers."""


def part(labels: Labels, *classes: int) -> Mask:
    """Pixels (H, W) of any of the classes."""
    return np.isin(labels, classes)


def filled(outline: Points, shape: tuple[int, ...]) -> Mask:
    """Pixels (H, W) of an image of a shape (H, W, ...) within an outline (n, 2)."""
    import cv2

    area = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(area, [np.rint(outline * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return np.asarray(area > 0)


def touching(region: Mask, place: Mask) -> Mask:
    """Those connected pieces of a region (H, W) that reach into a place (H, W)."""
    import cv2

    count, pieces = cv2.connectedComponents(region.astype(np.uint8))
    kept = np.zeros(count, bool)
    kept[pieces[region & place]] = True
    return np.asarray(kept[pieces])


def unit(labels: Labels) -> float:
    """Length of one pixel at 512 in pixels of this image, by the area of its face; 0 without a face.

    About 1 in an aligned crop of 512 pixels, less for a face that fills less of its image.
    """
    return float(np.sqrt(part(labels, *FACE).sum() / FACE_SHARE)) / REFERENCE_SIZE


def box_around(region: Mask, margin: float) -> Box | None:
    """Rows and columns of the box around a region (H, W), enlarged by `margin` pixels; None around nothing."""
    rows, columns = (np.flatnonzero(region.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    more = int(np.ceil(margin)) + 1
    return slice(max(rows[0] - more, 0), rows[-1] + more + 1), slice(max(columns[0] - more, 0), columns[-1] + more + 1)


def in_box(image: Image, labels: Labels, classes: Sequence[int], margin: float, retouch: Retouch) -> Image:
    """Image (H, W, 3) after `retouch` in the box around the classes, enlarged by `margin` pixels at 512.

    Without a pixel of the classes the image itself is returned.
    """
    size = unit(labels)
    box = box_around(part(labels, *classes), margin * size)
    if box is None:
        return image
    changed = image.copy()
    changed[box] = retouch(np.ascontiguousarray(image[box]), np.ascontiguousarray(labels[box]), size)
    return changed


def fading(region: Mask, width: float) -> Floats:
    """Weight (H, W) that grows from the border of `region` to 1 over `width` pixels inside it; 0 outside."""
    return alpha_from_distance(distance_to(~region), width)


def ramp(values: Floats, start: float, end: float) -> Floats:
    """Smoothstep from 0 at `start` to 1 at `end`, which may be less than `start`."""
    share = np.clip((values - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def blurred(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of (H, W) or (H, W, C); `sigma` in pixels."""
    import cv2

    if sigma < 0.2:  # a sampled Gaussian would be the identity
        return values
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def towards(image: Image, target: Floats, weight: Floats) -> Image:
    """image + weight * (target - image), rounded, uint8 (H, W, 3); exactly the image where the weight is 0.

    Args:
        image: uint8 (H, W, 3).
        target: (H, W, 3) in grey levels 0..255.
        weight: (H, W) in 0..1.
    """
    mixed = image + weight[:, :, None] * (target - image)
    return np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)
