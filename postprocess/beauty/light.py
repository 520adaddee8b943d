"""Enhancement of a face: histogram equalisation of its brightness, slight blur, median and unsharp masking."""

import numpy as np

from pipeline.core.types import Floats, Image
from postprocess.beauty.regions import FACE, blurred, fading, in_box, part, towards
from postprocess.labels import Labels
from postprocess.masks import Mask

PEAK = 1.6
"""Limit on the count of a grey level, relative to the mean; without it noise would become contrast."""
SOFT, WIDE, SHARP, BORDER = 0.6, 2.5, 0.9, 14.0
"""Sigma of the blur, sigma and amount of the sharpening, feathering; pixels at 512."""


def enhance(image: Image, labels: Labels, strength: float) -> Image:
    """Face of an RGB image (H, W, 3) with clearer light and detail, by `strength` 0..1."""
    import cv2

    def retouch(image: Image, labels: Labels, size: float) -> Image:
        face = part(labels, *FACE)
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        hsv[:, :, 2] = equalisation(hsv[:, :, 2], face)[hsv[:, :, 2]]
        lit = blurred(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.float32), SOFT * size)
        if size >= 0.5:  # a median of three pixels would erase the eyes of a smaller face
            lit = cv2.medianBlur(lit, 3 if size < 1.5 else 5)
        sharp = lit + SHARP * (lit - blurred(lit, WIDE * size))
        return towards(image, sharp, np.float32(strength) * fading(face, BORDER * size))

    return in_box(image, labels, FACE, 4 * WIDE, retouch)


def equalisation(brightness: Image, face: Mask) -> Image:
    """Lookup table, uint8 (256,), that equalises the face's brightness (H, W) within its range.

    Counts are clipped as in Zuiderveld, "Contrast Limited Adaptive Histogram Equalization" (1994), without
    redistribution: rendered faces get slopes up to 2, nearly uniform ones steeper. The median is preserved: dark skin
    stays dark, light skin light.
    """
    own = brightness[face]
    low, middle, high = (float(value) for value in np.percentile(own, (1, 50, 99)))
    greys = np.arange(256, dtype=np.float32)
    if high - low < 8:
        return greys.astype(np.uint8)
    counts = np.bincount(own, minlength=256)[int(low) : int(high) + 1].astype(np.float32)
    counts = np.minimum(counts, PEAK * counts.mean())
    share = np.cumsum(counts) / counts.sum()
    spread: Floats = np.interp(greys, np.arange(int(low), int(high) + 1), low + (high - low) * share).astype(np.float32)
    spread = np.where((greys < low) | (greys > high), greys, spread)
    # The shift of the median is subtracted, fading to zero at the ends of the range.
    shift = np.interp(middle, greys, spread) - middle
    bump = np.interp(greys, (low, middle, high), (0, 1, 0))
    table = np.maximum.accumulate(spread - shift * bump)
    # Where most of a face has one brightness, a steep rise before it would lift it with all that follows.
    table = np.where(greys <= middle, np.minimum(table, middle), np.maximum(table, middle))
    return np.asarray(np.rint(np.clip(table, 0, 255)), np.uint8)
