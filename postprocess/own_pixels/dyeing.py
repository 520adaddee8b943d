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
from postprocess.own_pixels.strands import octaves


class Dye(NamedTuple):
    """A colour of hair.

    Attributes:
        light: Least and largest luminance, as shares of the skin's; hair in between stays as bright.
        red: Its a*, as a share of the chroma of the skin.
        yellow: Its b*, likewise.
        spread: Standard deviation of its L*.
    """

    light: tuple[float, float]
    red: float
    yellow: float
    spread: float


# Medians of 870 rendered people of the wild look. Their blond and brown are greyer than real hair, and their black is
# brighter (0.10; black hair in photographs has 0.02 to 0.05): those chromas and lights are chosen on photographs; there
# blond has 0.27 to 0.61.
DYES = {
    "Hc_0": Dye((0.0, 0.045), 0.09, 0.11, 8.0),
    "Hc_1": Dye((0.45, 0.6), 0.28, 1.05, 15.0),
    "Hc_2": Dye((0.17, 0.17), 0.24, 0.52, 8.5),
    "Hc_3": Dye((0.75, 0.75), 0.05, 0.08, 12.0),
}
CHROMA, PALE, TONED = 20.0, 17.0, (8.0, 12.0)
"""Largest and least chroma of the skin that counts: reddish faces do not have redder hair, pale ones no duller; and the
chromas from which a picture is not merely toned, and in colour."""
SKIN_HUE, MOST_TURN, COLOURLESS = np.radians(57), np.radians(8), 4.0
"""Hue of skin in white light, how far that of a dye turns with it to red in other light, and chroma of skin below which
there is no hue."""
FAIR, LIGHT = 0.5, 0.75
"""Luminance of fair skin in full light, and share of the darkness of other skin that is its light's."""
VARIED = 0.5
"""Share of the differences of colour within the hair that stay, at most."""
CONTRAST = (0.4, 1.8)
"""Range of the factor for the contrast of the strands."""
SPECTRUM, AROUND = (2.4, 1.7, 2.0, 2.9, 4.0, 4.4), 16.0
"""Standard deviations of L* in each octave of blond hair of L* 60 in photographs, less in darker hair; and sigma in
pixels at 512 of the neighbourhood in which strands are looked for."""
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
    least, most = (float(_lightness(_lit(float(light)) * share)) for share in dye.light)
    aim = float(np.clip(np.median(lab[hair.core, 0]), least, most))
    shown = _contrasted(lab[..., 0], hair, dye, aim)
    shown += _missing(shown, hair, dye, aim) - SHADE * dye.spread * min((aim + 16) / 76, 1) * hair.shade
    shown = np.clip(shown, 0.15 * aim, 97)
    # The same colour in more or less light: chroma goes with L* + 16 (CIE 15).
    tone = tone_beside(np.array([dye.red, dye.yellow], np.float32), (float(red), float(yellow)))
    lit = np.clip((shown + 16) / (aim + 16), 0, 1.5)[..., None]
    colours = lit * (tone + _varied(lab, hair.core, float(np.hypot(*tone))))
    new = from_lab(lab + np.float32(np.clip(amount, 0, 1)) * (np.dstack([shown, colours]) - lab))
    mixed = image + hair.weight[..., None] * (new.astype(np.float32) - image)
    return np.asarray(np.rint(mixed), np.uint8), hair.weight


def tone_beside(tone: Floats, skin: tuple[float, float]) -> Floats:
    """a* and b* (2,) of hair beside skin of such a* and b*, from shares (2,) of the skin's chroma."""
    chroma = np.clip(np.hypot(*skin), PALE * _in_colour(*skin), CHROMA)
    return turned(tone, skin) * np.float32(chroma)


def turned(tone: Floats, skin: tuple[float, float]) -> Floats:
    """a* and b* (2,) of a tone in the light in which skin has such a* and b*: as much redder as the skin is."""
    if np.hypot(*skin) < COLOURLESS:
        return np.asarray(tone, np.float32)
    angle = np.clip(np.arctan2(skin[1], skin[0]) - SKIN_HUE, -MOST_TURN, 0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ tone, np.float32)


def _lit(skin: float) -> Floats:
    """Luminance of fair skin in the light in which other skin has such L*: that is partly dark by itself."""
    return np.asarray(FAIR * (_luminance(skin) / FAIR) ** np.float32(LIGHT), np.float32)


def _in_colour(red: float, yellow: float) -> float:
    """How sure it is that a picture with skin of such a* and b* is in colour, 0..1."""
    low, high = TONED
    return float(np.clip((np.hypot(red, yellow) - low) / (high - low), 0, 1))


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
    count = np.maximum(cv2.GaussianBlur(inside, (0, 0), around), 1e-3)
    usual = np.float32(dye.spread / DYES["Hc_1"].spread * min((aim + 16) / 76, 1))
    total = np.zeros_like(light)
    for deviation, strands, octave in zip(SPECTRUM, hair.strands, octaves(light), strict=True):
        shown = cv2.GaussianBlur(np.square(octave) * inside, (0, 0), around) / count
        total += np.sqrt(np.maximum((usual * deviation) ** 2 - shown, 0)) * strands
    return total


def _luminance(lightness: Floats | float) -> Floats:
    """Relative luminance of L* (CIE 15)."""
    root = (np.asarray(lightness, np.float32) + 16) / 116
    return np.asarray(np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29)), np.float32)


def _lightness(luminance: Floats | float) -> Floats:
    """L* of a relative luminance."""
    y = np.asarray(luminance, np.float32)
    return np.asarray(np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3), np.float32)
