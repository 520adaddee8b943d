"""Recoloured lips and whiter teeth."""

import numpy as np

from pipeline.core.colours import luma
from pipeline.core.types import Floats, Image
from postprocess.beauty.colour import Colour, coloured, whitened
from postprocess.beauty.regions import LIPS, fading, in_box, part, ramp, towards
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask

SPECKS, BORDER = 2.0, 1.5
"""Radius of the opening that removes specks, and feathering; pixels at 512."""
WHITER, BRIGHTER = 0.6, 0.10
"""Shares by which the colour of the teeth is reduced and their lightness moved to white."""


def colour_lips(image: Image, labels: Labels, strength: float, colour: Colour) -> Image:
    """Lips of an RGB image (H, W, 3) in a colour, by `strength` 0..1; light and texture stay."""

    def retouch(image: Image, labels: Labels, size: float) -> Image:
        weight = lips(image, labels, size)
        return towards(image, coloured(image, weight, colour), np.float32(strength) * weight)

    return in_box(image, labels, (*LIPS, Lapa.MOUTH), 4, retouch)


def lips(image: Image, labels: Labels, size: float) -> Floats:
    """Weight (H, W) of the lips: the opened classes of the mouth without teeth and dark gaps; `size`: see `unit`."""
    import cv2

    side = 2 * round(SPECKS * size) + 1
    whole = part(labels, *LIPS, Lapa.MOUTH).astype(np.uint8)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    certain = part(labels, *LIPS)
    region = (whole > 0) & (certain | (part(labels, Lapa.MOUTH) & _like(image, certain)))
    return fading(region, max(BORDER * size, 1.0))


def whiten_teeth(image: Image, labels: Labels, strength: float) -> Image:
    """Teeth of an RGB image (H, W, 3) whiter by `strength` 0..1: the bright, pale pixels of the mouth."""

    def retouch(image: Image, labels: Labels, _: float) -> Image:
        target = whitened(image, WHITER, BRIGHTER)
        return towards(image, target, np.float32(strength) * teeth(image, labels))

    return in_box(image, labels, (Lapa.MOUTH,), 0, retouch)


def teeth(image: Image, labels: Labels) -> Floats:
    """Weight (H, W) of the teeth."""
    import cv2

    mouth = part(labels, Lapa.MOUTH)
    _, saturation, value = cv2.split(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    weight = ramp(saturation, 0.45, 0.25) * ramp(value, 0.35, 0.55)
    return np.asarray(np.where(mouth, weight, 0), np.float32)


def _like(image: Image, lips: Mask) -> Mask:
    """Pixels at least about as red and as bright as the lips."""
    if not lips.any():
        return np.zeros_like(lips)
    bright = luma(image)
    redness = image[:, :, 0].astype(np.float32) - bright
    red = float(np.median(redness[lips]))
    return (redness > 0.7 * red) & (bright > 0.7 * float(np.median(bright[lips]))) & (red > 4)
