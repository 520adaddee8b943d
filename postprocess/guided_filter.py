"""Guided filter: small differences are smoothed, edges stay."""

import numpy as np

from pipeline.core.types import Floats


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
