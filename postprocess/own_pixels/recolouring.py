"""Colours of an edit on the portrait's own hair and skin: strands and pores stay, colours are the generator's change.

Statistics of L*a*b* are transferred as by Reinhard et al. ("Color Transfer between Images", IEEE CG&A 2001), but
locally: the mean around each pixel moves as it does between two renderings, and colour changes as theirs does. Contrast
is that of the same strands in more or less light.
"""

import numpy as np

from pipeline.core.colours import from_lab, to_lab
from pipeline.core.types import Floats, Image
from postprocess.masks import Mask, core, scaled

LEAST = 0.01
"""Share of the image that a part needs for its colours to be measured."""
EDGE = 4.0
"""Pixels at 512 at the edge of a part whose colours do not count."""
CONTRAST, CHROMA = (0.4, 1.8), (0.2, 1.6)
"""Ranges of the factors for lightness and for colour; beyond them grain and chroma noise of dark hair would show."""
STRANDS = 2.0
"""Deviations of the part's own detail up to which it is strengthened: more is background at its edge, a rim."""
NEAR, GLOBAL = 40.0, 0.02
"""Radius in pixels at 512 of the local means, and weight of the mean of the whole part in them."""


def recoloured(original: Image, rebuilt: Image, edited: Image, part: Mask) -> Image:
    """The portrait, a part of which changes its colour as it does from one rendering to another.

    Args:
        original: The portrait, uint8 (H, W, 3).
        rebuilt: Its rendering.
        edited: Rendering of the edit.
        part: Pixels of the part to recolour, at least `LEAST` of the image.

    Returns:
        uint8 (H, W, 3), recoloured everywhere.
    """
    import cv2

    inner = core(part, scaled(EDGE, part.shape))
    own, before, after = (to_lab(image) for image in (original, rebuilt, edited))
    cover = cv2.GaussianBlur(inner.astype(np.float32), (0, 0), scaled(NEAR, part.shape))[:, :, None]

    def mean(lab: Floats) -> Floats:
        near = cv2.GaussianBlur(lab * inner[:, :, None], (0, 0), scaled(NEAR, part.shape))
        return np.asarray((near + GLOBAL * lab[inner].mean(0)) / (cover + GLOBAL), np.float32)

    local = mean(own)
    light, change = own[inner][:, 0].mean() + 16, (after - before)[inner][:, 0].mean()
    lightness = float(np.clip((light + change) / light, *CONTRAST))  # L* + 16 goes with the cube root of light (CIE 15)
    first, last = (float(np.hypot(*lab[inner].mean(0)[1:])) for lab in (before, after))
    # Two units keep the chromas of grey parts from deciding.
    colour = float(np.clip((last + 2) / (first + 2), *CHROMA))
    detail, factors = own - local, np.array([lightness, colour, colour], np.float32)
    usual = np.float32(STRANDS) * detail[inner].std(0)
    some = np.where(factors < 1, detail, np.clip(detail, -usual, usual))
    lab = local + mean(after) - mean(before) + detail + (factors - 1) * some
    return from_lab(lab)


def tinted(original: Image, rebuilt: Image, edited: Image) -> Image:
    """The portrait with the change from one rendering to another in L*a*b*, uint8 (H, W, 3).

    For parts that renderings show pixel by pixel, such as skin. In RGB the detail that the renderings lack would be as
    strong on dark skin as on pale skin.
    """
    return from_lab(to_lab(original) + to_lab(edited) - to_lab(rebuilt))
