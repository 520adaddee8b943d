"""Masks of an aligned face: a feathered box, the visible face, and their minimum.

All are float32 (S, S) in 0..1; 1 selects the enhanced face.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.core.types import Floats

OCCLUSION_SIGMA = 5.0
"""Gaussian sigma of the occlusion mask, pixels of the crop."""


def box_mask(size: int, blur: float = 0.3, padding: Sequence[float] = (0, 0, 0, 0)) -> Floats:
    """Box that fades towards the crop's border, where a twentieth remains by default.

    Args:
        size: Side S in pixels.
        blur: Softness 0..1: amount = int(size * 0.5 * blur), Gaussian sigma = amount / 4.
        padding: Margins top, right, bottom, left in % of the side, at least amount / 2 and one pixel.
    """
    import cv2

    amount = int(size * 0.5 * blur)
    edge = max(amount // 2, 1)
    top, right, bottom, left = (max(edge, int(size * part / 100)) for part in padding)
    mask = np.zeros((size, size), np.float32)
    mask[top : size - bottom, left : size - right] = 1
    if amount > 0:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), amount * 0.25), np.float32)
    return np.clip(mask, 0, 1)


def occlusion_mask(visible: Floats, size: int) -> Floats:
    """Mask of a crop of `size` pixels from the output of an occlusion net, (h, w) in about 0..1.

    Clipped, resized, blurred; the upper half of the range is stretched to 0..1: (clip(m, 0.5, 1) - 0.5) * 2.
    """
    import cv2

    mask = cv2.resize(np.clip(visible, 0, 1).astype(np.float32), (size, size))
    mask = cv2.GaussianBlur(np.clip(mask, 0, 1), (0, 0), OCCLUSION_SIGMA)
    return np.asarray((np.clip(mask, 0.5, 1) - 0.5) * 2, np.float32)


def crop_mask(masks: Sequence[Floats]) -> Floats:
    """Minimum of several masks (S, S), 0..1."""
    return np.asarray(np.clip(np.minimum.reduce(list(masks)), 0, 1), np.float32)
