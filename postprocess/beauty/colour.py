"""Recolouring and whitening of parts of the face, with light and texture preserved."""

import numpy as np

from pipeline.core.colours import luma, to_lab
from pipeline.core.types import Floats, Image

Colour = tuple[int, int, int]
"""RGB, 0..255 each."""

LIGHTER = (0.6, 1.6)
"""Limits on the factor of the brightness."""


def coloured(image: Image, weight: Floats, colour: Colour) -> Floats:
    """RGB image (H, W, 3) in the hue of a colour, float32 in grey levels.

    Median saturation and brightness of the pixels with a weight (H, W) move towards those of the colour; differences
    between pixels stay. A colour without a hue removes the hue.
    """
    import cv2

    if not weight.any():
        return image.astype(np.float32)
    place = weight >= weight.max() / 2
    hsv = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hue, saturation, _ = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2HSV)[0, 0]
    hsv[:, :, 0] = hue
    hsv[:, :, 1] = np.clip(hsv[:, :, 1] + (0.6 * (saturation - np.median(hsv[:, :, 1][place]))), 0, 1)
    drawn = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    own = luma(image) / 255
    middle = max(float(np.median(own[place])), 0.02)
    gain = np.clip(np.sqrt(luma(np.array(colour)) / 255 / middle), *LIGHTER)
    # Scaling preserves hue and saturation.
    factor = np.minimum(gain * own / np.maximum(luma(drawn), 1e-3), 1 / np.maximum(drawn.max(axis=2), 1e-3))
    return np.asarray(drawn * factor[:, :, None] * 255, np.float32)


def whitened(image: Image, less: float, brighter: float) -> Floats:
    """RGB image (H, W, 3) with colour reduced by a share and lightness moved to white by a share; in grey levels."""
    import cv2

    lab = to_lab(image)
    lab[:, :, 0] += brighter * (100 - lab[:, :, 0])
    lab[:, :, 1:] *= 1 - less
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255, np.float32)
