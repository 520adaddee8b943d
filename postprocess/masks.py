"""Distances, feathering and mixing: the weight of a blend is a function of the distance to the edited area.

Distances are in pixels; settings are in pixels at 512 and scaled by `scaled`.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats, Frame, Image

Mask = NDArray[np.bool_]

REFERENCE_SIZE = 512

# A weight below half a grey level at full contrast cannot change a rounded pixel.
_INVISIBLE = 0.5 / 255

# Pixels at 512 around a change in which the paste-back may fade.
_AROUND = 12.0


def scaled(pixels: float, shape: tuple[int, ...]) -> float:
    """A length given in pixels at 512, in pixels of an image of `shape` (H, W, ...)."""
    return pixels * min(shape[:2]) / REFERENCE_SIZE


def distance_to(region: Mask) -> Floats:
    """Euclidean distance in pixels to the nearest pixel of `region` (H, W); infinite if that is empty."""
    import cv2

    if not region.any():
        return np.full(region.shape, np.inf, np.float32)
    outside = np.ascontiguousarray(~region, dtype=np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
    # OpenCV's last bit depends on where the array lies in memory; squared distances of pixels are whole numbers.
    return np.asarray(np.sqrt(np.rint(distance * distance)), np.float32)


def alpha_from_distance(distance: Floats, margin: float) -> Floats:
    """Weight of the original, min(distance / margin, 1); a margin below a thousandth of a pixel is a hard edge."""
    if margin < 1e-3:
        return np.asarray(distance > 0, np.float32)
    return np.asarray(np.minimum(distance / np.float32(margin), np.float32(1)))


def dilate(region: Mask, radius: float) -> Mask:
    """`region` (H, W) grown by a square of side 2 * radius + 1 pixels, the radius rounded to whole pixels."""
    import cv2

    side = 2 * round(radius) + 1
    return np.asarray(cv2.dilate(region.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def core(region: Mask, radius: float) -> Mask:
    """`region` (H, W) without its edge of so many pixels, at least one; all of it where nothing would be left."""
    import cv2

    side = 2 * max(round(radius), 1) + 1
    inner = cv2.erode(region.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    return np.asarray(inner if inner.any() else region)


def shift_down(region: Mask, rows: float) -> Mask:
    """`region` (H, W) moved down by a number of rows, rounded; cut at the lower border."""
    height = len(region)
    count = min(round(rows), height)
    moved = np.zeros_like(region)
    moved[count:] = region[: height - count]
    return moved


def mix(original: Image, edited: Image, alpha: Floats) -> Image:
    """alpha * original + (1 - alpha) * edited for alpha (H, W), rounded to nearest (ties to even); uint8 (H, W, 3)."""
    weight = alpha[:, :, None]
    mixed, other = weight * original, (1 - weight) * edited
    mixed += other
    return np.rint(mixed, out=mixed).astype(np.uint8)


def hold_back(frame: Frame, alpha: Floats) -> Frame:
    """Frame mixed with its portrait by alpha (H, W) in 0..1, its support multiplied by 1 - alpha.

    Where the new support is 0 the image equals the portrait's, bit for bit.
    """
    support = frame.support * (1 - alpha)
    support[support < _INVISIBLE] = 0
    own = frame.portrait.image
    image = np.where(support[:, :, None] == 0, own, mix(own, frame.image, alpha))
    return replace(frame, image=image, support=support)


def changed_beyond(frame: Frame, image: Image) -> Frame:
    """Frame with another image (H, W, 3) that may differ outside the support, which grows by the changed pixels."""
    near = distance_to((image != frame.image).any(axis=2)) <= scaled(_AROUND, image.shape)
    return replace(frame, image=image, support=np.maximum(frame.support, near.astype(np.float32)))
