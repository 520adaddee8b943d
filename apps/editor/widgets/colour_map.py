"""Colour map for difference images."""

from functools import cache
from typing import Any

import numpy as np


@cache
def cividis() -> Any:
    """Cividis (Nuñez et al., PLOS ONE 2018) of 0..255, uint8 (256, 3) RGB: lightness ordered for all colour vision."""
    import cv2

    ramp = np.arange(256, dtype=np.uint8)[:, None]
    return np.ascontiguousarray(cv2.applyColorMap(ramp, cv2.COLORMAP_CIVIDIS)[:, 0, ::-1])
