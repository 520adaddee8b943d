"""Masks of an aligned face: a box that fades, what is visible of the face, and both together.

All are float32 (S, S) in 0..1; 1 lets the enhanced face through.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.core.types import Floats

OCCLUSION_SIGMA = 5.0
"""Blur of the occlusion mask, pixels of the crop."""


def box_mask(size: int, blur: float = 0.3, padding: Sequence[float] = (0, 0, 0, 0)) -> Floats:
    """A box that fades towards the crop's border, where by default a twentieth of it is left.

    blur: 0..1, how soft: amount = int(size * 0.5 * blur), Gaussian sigma a quarter of that · padding: held back at the
    top, right, bottom, left in % of the side, at least half the amount and one pixel
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
    """The mask of a crop of `size` pixels from what an occlusion net says, (h, w) in about 0..1.

    Clipped, resized, blurred; the half that is surer of a face is stretched to 0..1: (clip(m, 0.5, 1) - 0.5) * 2.
    """
    import cv2

    mask = cv2.resize(np.clip(visible, 0, 1).astype(np.float32), (size, size))
    mask = cv2.GaussianBlur(np.clip(mask, 0, 1), (0, 0), OCCLUSION_SIGMA)
    return np.asarray((np.clip(mask, 0.5, 1) - 0.5) * 2, np.float32)


def crop_mask(masks: Sequence[Floats]) -> Floats:
    """The least of several masks (S, S): what all of them let through, 0..1."""
    return np.asarray(np.clip(np.minimum.reduce(list(masks)), 0, 1), np.float32)
