"""Smoothing of uneven skin; pores and edges stay."""

import numpy as np

from pipeline.core.types import Floats, Image
from postprocess.beauty.regions import blurred, fading, in_box, part, towards
from postprocess.labels import Labels, Lapa

PORES, RADIUS, UNEVEN, BORDER = 1.2, 9.0, 14.0, 5.0
"""Sigma of pores, radius of the filter, its level in grey levels, feathering; lengths in pixels at 512."""


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


def guided(image: Floats, weight: Floats, radius: float, level: float) -> Floats:
    """Guided filter (He et al., ECCV 2010) of each channel, with averages weighted by `weight` (H, W).

    Differences below `level` grey levels within `radius` pixels are smoothed; larger ones are edges and stay.
    """
    import cv2

    side = 2 * max(round(radius), 1) + 1

    def mean(values: Floats) -> Floats:
        summed = cv2.boxFilter(values, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed, np.float32)

    cover = weight[:, :, None]
    total = np.maximum(mean(weight), np.float32(1e-3))[:, :, None]
    average = mean(image * cover) / total
    centred = image - 128  # squares of smaller numbers lose fewer digits
    spread = np.maximum(mean(centred * centred * cover) / total - np.square(average - 128), 0)
    slope = np.asarray(spread / (spread + np.float32(level * level)), np.float32)
    offset = np.asarray((1 - slope) * average, np.float32)
    return np.asarray((mean(slope * cover) * image + mean(offset * cover)) / total, np.float32)
