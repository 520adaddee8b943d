"""Hair of photographs, dyed: the strands stay, their light and colour follow from the skin beside them.

A generator that knows rendered people alone draws the hair of photographs too dark, too bright or like glass. How
bright and how colourful hair is beside skin in the same light is known from rendered people.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.core.colours import from_lab, to_lab
from pipeline.core.types import Floats, Image
from postprocess.labels import CelebAMask, Labels
from postprocess.masks import Mask, dilate, distance_to, scaled
from postprocess.own_pixels.recolouring import LEAST, matte
from postprocess.own_pixels.strands import strands
from postprocess.sharpness import softness


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
# blond and brown are greyer than real hair: those chromas are chosen by eye on photographs.
DYES = {
    "Hc_0": Dye(0.10, 0.07, 0.08, 8.0, only_darkens=True),
    "Hc_1": Dye(0.55, 0.28, 1.05, 13.0),
    "Hc_2": Dye(0.17, 0.24, 0.52, 8.5),
    "Hc_3": Dye(0.75, 0.05, 0.08, 12.0),
}
CHROMA = 20.0
"""Largest chroma of the skin that counts: reddish faces do not have redder hair."""
VARIED = 0.5
"""Share of the differences of colour within the hair that stay, at most."""
CONTRAST = (0.4, 1.8)
"""Range of the factor for the contrast of the strands."""
SHARE, LARGE, AROUND = 0.5, 4.0, 16.0
"""Share of the spread that is strands in hair of L* 60, less in darker hair; sigma in pixels at 512 above which light
and shade are none, and sigma of the neighbourhood in which strands are looked for."""
ROOTS, NEAR_ROOTS = 1.0, 9.0
"""Shade at the roots as a multiple of the spread, and the distance in pixels at 512 over which it fades."""
FAINTER = 0.4
"""Share by which drawn strands are fainter in a blurred picture."""
BRIGHTEST = 2.5
"""Deviations of the dye above its middle that the brightest strands come near to."""
STRANDS = 2.5
"""Deviations of L* up to which the contrast changes."""
GRAIN = 1.5
"""Sigma in pixels at 512 of what counts as grain, whose contrast does not grow."""
INSIDE = 4.0
"""Distance in pixels at 512 from the edge of a part to where its colours are measured."""
SEPARATE = 0.08
"""Share of the largest piece of hair from which another one is hair: smaller ones are collars and shadows."""
NEAR = 12.0
"""Sigma in pixels at 512 of the colours on both sides of the hair's edge."""
BAND = 28.0
"""Width in pixels at 512 of the edge in which hair and what is beside it are told apart by their colours."""
SMOOTH = 4.0
"""Sigma in pixels at 512 by which that edge begins and ends."""
MAY_BE_HAIR = (
    *(CelebAMask.BACKGROUND, CelebAMask.SKIN, CelebAMask.NECK, CelebAMask.HAIR),
    *(CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR, CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW),
)
"""Classes in whose pixels strands of hair may hide."""
ALIKE, DIFFERENT = 9.0, 18.0
"""Distance in L*a*b* up to which two sides look alike, and from which on colours alone tell them apart."""
UNCERTAIN = 0.45
"""Largest share of the hair's outline along which the background looks like hair."""


@dataclass(frozen=True, eq=False)
class Hair:
    """The hair of a photograph, as it is before any edit.

    Attributes:
        core: Its pixels without the edge, (S, S).
        weight: How much of each pixel is hair, float32 (S, S), 0..1.
        strands: Strands to draw where it shows none, see `strands`.
        roots: Nearness to the skin of the face from which it grows, float32 (S, S), 0..1.
        skin: L*a*b* of the skin beside it, (3,).
    """

    core: Mask
    weight: Floats
    strands: Floats
    roots: Floats
    skin: Floats


def hair_of(image: Image, labels: Labels) -> Hair | None:
    """The hair of a picture (S, S, 3) of classes (S, S); None where no hair, or no skin beside it, is seen."""
    hair, skin = _largest(labels == CelebAMask.HAIR), np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE))
    if min(hair.mean(), skin.mean()) < LEAST:
        return None
    lab = to_lab(image)
    soft = softness(image)
    drawn = np.float32(1 - FAINTER * soft) * strands(hair, lab[..., 0], soft)
    weight = strand_matte(hair, lab, image, labels)
    roots = np.exp(-distance_to(skin) / scaled(NEAR_ROOTS, hair.shape))
    return Hair(
        _inside(hair),
        weight,
        drawn,
        np.asarray(roots, np.float32),
        np.asarray(np.median(lab[_inside(skin)], 0), np.float32),
    )


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
    shown = _contrasted(lab[..., 0], hair.core, dye, aim)
    shown += _missing(shown, hair, dye, aim) - ROOTS * dye.spread * min((aim + 16) / 76, 1) * hair.roots
    most = BRIGHTEST * dye.spread
    shown = np.clip(np.minimum(shown, aim + most * np.tanh((shown - aim) / most)), 0.15 * aim, 97)
    # The same colour in more or less light: chroma goes with L* + 16 (CIE 15).
    tone = min(float(np.hypot(red, yellow)), CHROMA) * np.array([dye.red, dye.yellow], np.float32)
    lit = np.clip((shown + 16) / (aim + 16), 0, 1.5)[..., None]
    colours = lit * (tone + _varied(lab, hair.core, float(np.hypot(*tone))))
    new = from_lab(lab + np.float32(np.clip(amount, 0, 1)) * (np.dstack([shown, colours]) - lab))
    mixed = image + hair.weight[..., None] * (new.astype(np.float32) - image)
    return np.asarray(np.rint(mixed), np.uint8), hair.weight


def _contrasted(light: Floats, core: Mask, dye: Dye, aim: float) -> Floats:
    """L* (S, S) of hair whose middle becomes `aim`, with the contrast of the dye as far as its strands allow it."""
    import cv2

    middle, spread = np.median(light[core]), light[core].std()
    soft = cv2.GaussianBlur(light, (0, 0), scaled(GRAIN, light.shape))
    factor = float(np.clip((dye.spread + 2) / (spread + 2), *CONTRAST))
    detail, usual = soft - middle, np.float32(STRANDS * spread)
    detail += (factor - 1) * np.clip(detail, -usual, usual)
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


def shows_hair(labels: Labels) -> bool:
    """Whether a face of classes (S, S) has hair that can be dyed."""
    return bool(_largest(labels == CelebAMask.HAIR).mean() >= LEAST)


def told_apart(image: Image, labels: Labels) -> bool:
    """Whether the hair of a picture (S, S, 3) of classes (S, S) can be told from its background by its colour."""
    hair, background = _largest(labels == CelebAMask.HAIR), labels == CelebAMask.BACKGROUND
    lab = to_lab(image)
    (inner, near), (outer, far) = (_beside(lab, part) for part in (hair, background))
    edge = hair & _near(background, 1.5) & (np.minimum(near, far) > 0.02)
    if edge.sum() < 0.1 * np.sqrt(hair.sum()):
        return True  # no outline against a background
    return bool((np.linalg.norm((inner - outer)[edge], axis=1) < ALIKE).mean() <= UNCERTAIN)


def strand_matte(hair: Mask, lab: Floats, image: Image, labels: Labels) -> Floats:
    """Soft edge of the hair (S, S), 0..1: where both sides differ, by the way from one colour to the other."""
    import cv2

    (inner, near), (outer, far) = (_beside(lab, part) for part in (hair, ~hair))
    way = inner - outer
    length = np.square(way).sum(2)
    share = np.clip(((lab - outer) * way).sum(2) / np.maximum(length, 1), 0, 1)
    certain = np.clip((np.sqrt(length) - ALIKE) / (DIFFERENT - ALIKE), 0, 1)
    band = (np.minimum(near, far) > 0.005) & _near(hair, BAND / 2) & _near(~hair, BAND / 2)
    certain *= cv2.GaussianBlur(band.astype(np.float32), (0, 0), scaled(SMOOTH, hair.shape))
    weight = certain * share + (1 - certain) * matte(hair, image)
    may_be = cv2.GaussianBlur(np.isin(labels, MAY_BE_HAIR).astype(np.float32), (0, 0), scaled(1.0, hair.shape))
    return np.asarray(weight * np.maximum(may_be, hair), np.float32)


def _beside(lab: Floats, part: Mask) -> tuple[Floats, Floats]:
    """Mean colour of the inner pixels of a part around each pixel (S, S, 3), and how many there are, 0..1 (S, S)."""
    import cv2

    sigma, inside = scaled(NEAR, part.shape), _inside(part).astype(np.float32)
    count = cv2.GaussianBlur(inside, (0, 0), sigma)
    total = cv2.GaussianBlur(lab * inside[..., None], (0, 0), sigma)
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32), np.asarray(count, np.float32)


def _inside(part: Mask) -> Mask:
    """A part without its edge, or the part itself where nothing is left."""
    import cv2

    side = 2 * max(round(scaled(INSIDE, part.shape)), 1) + 1
    inner = cv2.erode(part.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    return np.asarray(inner if inner.any() else part)


def _near(part: Mask, radius: float) -> Mask:
    """A part grown by a radius in pixels at 512, at least by one pixel."""
    return dilate(part, max(scaled(radius, part.shape), 1))


def _largest(hair: Mask) -> Mask:
    """The largest piece of hair and those that are not much smaller."""
    import cv2

    count, pieces, figures, _ = cv2.connectedComponentsWithStats(hair.astype(np.uint8))
    if count < 2:
        return hair
    areas = figures[1:, cv2.CC_STAT_AREA]
    return np.asarray(np.isin(pieces, 1 + np.flatnonzero(areas >= SEPARATE * areas.max())))


def _luminance(lightness: Floats | float) -> Floats:
    """Relative luminance of L* (CIE 15)."""
    root = (np.asarray(lightness, np.float32) + 16) / 116
    return np.asarray(np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29)), np.float32)


def _lightness(luminance: Floats | float) -> Floats:
    """L* of a relative luminance."""
    y = np.asarray(luminance, np.float32)
    return np.asarray(np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3), np.float32)
