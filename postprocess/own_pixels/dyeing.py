"""Hair of photographs, dyed: the strands stay, their light and colour follow from the skin beside them.

A generator that knows rendered people alone draws the hair of photographs too dark, too bright or like glass. How
bright and how colourful hair is beside skin in the same light is known from rendered people.
"""

from typing import NamedTuple

import numpy as np

from pipeline.core.colours import from_lab, to_lab
from pipeline.core.types import Floats, Image
from postprocess.masks import Mask, scaled
from postprocess.own_pixels.hair import Hair


class Dye(NamedTuple):
    """A colour of hair.

    Attributes:
        light: Its luminance, as a share of the skin's.
        red: Its a*, as a share of the chroma of the skin.
        yellow: Its b*, likewise.
        spread: Standard deviation of its L*.
        only_darkens: Whether hair that is darker already stays as dark.
    """

    light: float
    red: float
    yellow: float
    spread: float
    only_darkens: bool = False


# Medians of 870 rendered people of the wild look; blond is as bright as the brightest third of the blond ones. Their
# blond and brown are greyer than real hair, and their black is brighter (0.10; black hair in photographs has 0.02 to
# 0.05): those chromas and that light are chosen on photographs.
DYES = {
    "Hc_0": Dye(0.045, 0.09, 0.11, 8.0, only_darkens=True),
    "Hc_1": Dye(0.55, 0.28, 1.05, 13.0),
    "Hc_2": Dye(0.17, 0.24, 0.52, 8.5),
    "Hc_3": Dye(0.75, 0.05, 0.08, 12.0),
}
CHROMA = 20.0
"""Largest chroma of the skin that counts: reddish faces do not have redder hair."""
SKIN_HUE, MOST_TURN, COLOURLESS = np.radians(57), np.radians(15), 4.0
"""Hue of skin in white light, how far that of a dye turns with it to red in other light, and chroma of skin below which
there is no hue."""
VARIED = 0.5
"""Share of the differences of colour within the hair that stay, at most."""
CONTRAST = (0.4, 1.8)
"""Range of the factor for the contrast of the strands."""
SHARE, LARGE, AROUND = 0.4, 4.0, 16.0
"""Share of the spread that is strands in hair of L* 60, less in darker hair; sigma in pixels at 512 above which light
and shade are none, and sigma of the neighbourhood in which strands are looked for."""
SHADE = 1.3
"""Deviations of the dye by which hair is darker in full shade."""
STRANDS = 2.5
"""Deviations of L* up to which the contrast changes, and above which no strand is brighter."""
GRAIN = 1.5
"""Sigma in pixels at 512 of what counts as grain, whose contrast does not grow."""


def dyed(image: Image, hair: Hair, dye: Dye, amount: float) -> tuple[Image, Floats]:
    """A photograph with hair of another colour.

    Args:
        image: The photograph or another edit of it, uint8 (S, S, 3).
        hair: Its hair.
        dye: The colour.
        amount: How much of the way to go, 0..1.

    Returns:
        uint8 (S, S, 3), and where it is new, float32 (S, S), 0..1.
    """
    lab, (light, red, yellow) = to_lab(image), hair.skin
    aim = float(_lightness(_luminance(light) * dye.light))
    if dye.only_darkens:
        aim = min(aim, float(np.median(lab[hair.core, 0])))
    shown = _contrasted(lab[..., 0], hair, dye, aim)
    shown += _missing(shown, hair, dye, aim) - SHADE * dye.spread * min((aim + 16) / 76, 1) * hair.shade
    shown = np.clip(shown, 0.15 * aim, 97)
    # The same colour in more or less light: chroma goes with L* + 16 (CIE 15).
    tone = turned(np.array([dye.red, dye.yellow], np.float32), (red, yellow))
    tone *= min(float(np.hypot(red, yellow)), CHROMA)
    lit = np.clip((shown + 16) / (aim + 16), 0, 1.5)[..., None]
    colours = lit * (tone + _varied(lab, hair.core, float(np.hypot(*tone))))
    new = from_lab(lab + np.float32(np.clip(amount, 0, 1)) * (np.dstack([shown, colours]) - lab))
    mixed = image + hair.weight[..., None] * (new.astype(np.float32) - image)
    return np.asarray(np.rint(mixed), np.uint8), hair.weight


def turned(tone: Floats, skin: tuple[float, float]) -> Floats:
    """a* and b* (2,) of a tone in the light in which skin has such a* and b*: as much redder as the skin is."""
    if np.hypot(*skin) < COLOURLESS:
        return np.asarray(tone, np.float32)
    angle = np.clip(np.arctan2(skin[1], skin[0]) - SKIN_HUE, -MOST_TURN, 0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ tone, np.float32)


def _contrasted(light: Floats, hair: Hair, dye: Dye, aim: float) -> Floats:
    """L* (S, S) of hair whose middle becomes `aim`, with the contrast of the dye as far as its strands allow it."""
    import cv2

    middle, spread = np.median(light[hair.core]), light[hair.core].std()
    soft = cv2.GaussianBlur(light, (0, 0), scaled(GRAIN, light.shape))
    factor = float(np.clip((dye.spread + 2) / (spread + 2), *CONTRAST))
    detail, usual = soft - middle, np.float32(STRANDS * spread)
    # Brighter still is the edge of dark hair, by what is behind it: dyed hair would have a bright outline.
    detail = np.minimum(detail + (factor - 1) * np.clip(detail, -usual, usual), factor * (usual + 2))
    return np.asarray(aim + detail + min(factor, 1) * (light - soft), np.float32)


def _varied(lab: Floats, core: Mask, chroma: float) -> Floats:
    """What a* and b* (S, S, 2) of hair in L*a*b* differ from its middle in the same light, less for hair of less
    `chroma`, without outliers."""
    middle = np.median(lab[core], 0)
    colours = lab[..., 1:] - middle[1:] * (lab[..., :1] + 16) / (middle[0] + 16)
    spread = 2 * colours[core].std(0)
    share = min(VARIED, chroma / max(float(np.hypot(*middle[1:])), 1.0))
    return np.asarray(share * np.clip(colours, -spread, spread), np.float32)


def _missing(light: Floats, hair: Hair, dye: Dye, aim: float) -> Floats:
    """The strands that dark or blurred hair of L* `light` (S, S), about `aim`, does not show, in L*."""
    import cv2

    inside, around = hair.core.astype(np.float32), scaled(AROUND, light.shape)
    fine = (light - cv2.GaussianBlur(light, (0, 0), scaled(LARGE, light.shape))) * inside
    shown = cv2.GaussianBlur(fine * fine, (0, 0), around) / np.maximum(cv2.GaussianBlur(inside, (0, 0), around), 1e-3)
    wanted = np.float32((SHARE * dye.spread * min((aim + 16) / 76, 1)) ** 2)
    return np.asarray(np.sqrt(np.maximum(wanted - shown, 0)) * hair.strands, np.float32)


def _luminance(lightness: Floats | float) -> Floats:
    """Relative luminance of L* (CIE 15)."""
    root = (np.asarray(lightness, np.float32) + 16) / 116
    return np.asarray(np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29)), np.float32)


def _lightness(luminance: Floats | float) -> Floats:
    """L* of a relative luminance."""
    y = np.asarray(luminance, np.float32)
    return np.asarray(np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3), np.float32)
