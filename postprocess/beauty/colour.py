"""Another colour for a part of the face, with its light and its texture as they were."""

import numpy as np

from pipeline.core.colours import luma
from pipeline.core.types import Floats, Image

Colour = tuple[int, int, int]
"""RGB, 0..255 each."""

LIGHTER = (0.6, 1.6)
"""How much darker or lighter a colour may make its place, at most."""


def coloured(image: Image, weight: Floats, colour: Colour) -> Floats:
    """An RGB picture (H, W, 3) in the hue of a colour, float32 in grey levels.

    Saturation and brightness of what has a weight (H, W) go towards those of the colour as a whole, so that every
    difference within it stays. A colour without a hue takes the hue away.
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
    # A multiple of a colour has the same hue and saturation.
    factor = np.minimum(gain * own / np.maximum(luma(drawn), 1e-3), 1 / np.maximum(drawn.max(axis=2), 1e-3))
    return np.asarray(drawn * factor[:, :, None] * 255, np.float32)


def whitened(image: Image, less: float, brighter: float) -> Floats:
    """An RGB picture (H, W, 3) with a share of its colour gone, and nearer to white by a share; in grey levels."""
    import cv2

    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] += brighter * (100 - lab[:, :, 0])
    lab[:, :, 1:] *= 1 - less
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255, np.float32)
