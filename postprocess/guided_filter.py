"""Guided filters: small differences are smoothed, edges stay; masks follow the edges of a picture."""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats, Image
from postprocess.masks import Mask, scaled

MATTE_RADIUS, MATTE_EDGE = 8.0, 1e-3
"""Radius in pixels at 512 of the filter of masks, and variance of grey values (0..1) above which it sees an edge."""


def guided(image: Floats, weight: Floats, radius: float, level: float) -> Floats:
    """Guided filter (He et al., ECCV 2010) of each channel, with averages weighted by `weight` (H, W).

    Differences below `level` within `radius` pixels are smoothed; larger ones are edges and stay.
    """
    import cv2

    side = 2 * max(round(radius), 1) + 1

    def mean(values: Floats) -> Floats:
        summed = cv2.boxFilter(values, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed, np.float32)

    cover = weight[:, :, None]
    total = np.maximum(mean(weight), np.float32(1e-3))[:, :, None]
    average = mean(image * cover) / total
    middle = image.mean()
    centred = image - middle  # squares of smaller numbers lose fewer digits
    spread = np.maximum(mean(centred * centred * cover) / total - np.square(average - middle), 0)
    slope = np.asarray(spread / (spread + np.float32(level * level)), np.float32)
    offset = np.asarray((1 - slope) * average, np.float32)
    return np.asarray((mean(slope * cover) * image + mean(offset * cover)) / total, np.float32)


def matte(part: Mask, image: Image) -> Floats:
    """Soft edge of a part (H, W) along the edges of the image, by a guided filter (He et al., ECCV 2010), 0..1."""
    import cv2

    side = 2 * max(round(scaled(MATTE_RADIUS, part.shape)), 1) + 1

    def mean(values: NDArray[np.floating]) -> Floats:
        blurred = cv2.boxFilter(np.asarray(values, np.float32), -1, (side, side), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, np.float32)

    guide, inside = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255, part.astype(np.float32)
    centre, share = mean(guide), mean(inside)
    slope = (mean(guide * inside) - centre * share) / (mean(guide * guide) - centre * centre + np.float32(MATTE_EDGE))
    offset = share - slope * centre
    return np.asarray(np.clip(mean(slope) * guide + mean(offset), 0, 1), np.float32)
