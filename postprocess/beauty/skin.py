"""Smoothing of uneven skin; pores and edges stay."""

import numpy as np

from pipeline.core.types import Image
from postprocess.beauty.regions import blurred, fading, in_box, part, touching, towards
from postprocess.guided_filter import guided
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask, scaled

PORES, RADIUS, UNEVEN, BORDER = 1.2, 9.0, 14.0, 5.0
"""Sigma of pores, radius of the filter, its level in grey levels, feathering; lengths in pixels at 512."""

EVEN, LEAST_SPREAD = 1.5, (6.0, 2.5, 2.5)
"""Sigma of the blur before colours are compared, pixels at 512; least spread of a skin's L*, a* and b*."""
FARTHEST, SURE = 5.0, 2.0
"""Distance from the median colour of skin, in spreads, at which a pixel is none; the same where no parser sees skin."""


def smooth_skin(image: Image, labels: Labels, strength: float) -> Image:
    """Skin and nose of an RGB image (H, W, 3) smoothed by `strength` 0..1.

    A guided filter smooths the low band only; detail finer than `PORES` is unchanged.
    """

    def retouch(image: Image, labels: Labels, size: float) -> Image:
        skin = part(labels, Lapa.SKIN, Lapa.NOSE)
        low = blurred(image.astype(np.float32), PORES * size)
        even = guided(low, skin.astype(np.float32), RADIUS * size, UNEVEN)
        return towards(image, image + (even - low), np.float32(strength) * fading(skin, BORDER * size))

    return in_box(image, labels, (Lapa.SKIN, Lapa.NOSE), RADIUS, retouch)


def like_skin(image: Image, seen: Mask, sample: Mask, inside: Mask | None = None) -> Mask:
    """Skin (H, W) of the face in an RGB image (H, W, 3), without hair, beard, glasses and brows.

    It has the colour of a sample, measured by median and MAD in CIE L*a*b*; lighter skin counts, darker does not.

    Args:
        seen: Where a parser sees skin (H, W).
        sample: Pixels that are skin for the most part (H, W).
        inside: The face (H, W), in which what has nearly the colour of the sample is skin whatever the parser sees.
    """
    import cv2

    if not sample.any():
        return seen
    even = blurred(image.astype(np.float32) / np.float32(255), scaled(EVEN, image.shape))
    lab = cv2.cvtColor(even, cv2.COLOR_RGB2LAB)
    median = np.median(lab[sample], axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(lab[sample] - median), axis=0), LEAST_SPREAD)
    lighter, red, yellow = ((lab[:, :, i] - median[i]) / np.float32(spread[i]) for i in range(3))
    far = np.maximum(-lighter, np.maximum(np.abs(red), np.abs(yellow)))
    face = sample if inside is None else inside
    skin = (seen & (far < FARTHEST)) | (face & (far < SURE))
    return touching(skin, face)
