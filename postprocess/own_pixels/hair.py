"""The hair of a portrait: where it is, how it lies, and the soft edge in which its strands end."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.core.colours import to_lab
from pipeline.core.types import Floats, Image
from postprocess.guided_filter import matte
from postprocess.labels import BROWS, EYES, CelebAMask, Labels
from postprocess.masks import Mask, distance_to, scaled
from postprocess.own_pixels.hair_pixels import (
    ALIKE,
    DIFFERENT,
    FOUND,
    INSIDE,
    NEAR,
    beside,
    inside,
    largest,
    parsed_hair,
    seen_hair,
    widened,
)
from postprocess.own_pixels.recolouring import LEAST
from postprocess.own_pixels.strands import strands
from postprocess.sharpness import softness

ROOTS, ROUND, SOFT = 9.0, 30.0, 3.0
"""Distance in pixels at 512 over which the shade of the roots fades, width of the rounding towards the outline, and
blur of both."""
SMOOTH = 4.0
"""Sigma in pixels at 512 by which the band of a `Reach` begins and ends."""
MAY_BE_HAIR = (
    *(CelebAMask.BACKGROUND, CelebAMask.SKIN, CelebAMask.NECK, CelebAMask.HAIR),
    *(CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR, *BROWS),
)
"""Classes in whose pixels strands of hair may hide."""
UNCERTAIN = 0.45
"""Largest share of the hair's outline along which the background looks like hair."""
SCARCE, BARE = 0.08, 0.25
"""Share of the picture up to which hair is scarce, and share of the upper head's outline from which skin is bare."""
BLOND, RED = (43.0, 17.0), 0.65
"""L* and b* above which hair is blond, and a* as a share of b* from which it is red."""


class Reach(NamedTuple):
    """How far from the parsed hair its strands are looked for, in pixels at 512.

    Attributes:
        band: Width of the edge in which hair and what is beside it are told apart by their colours.
        outside: Distance from the hair to where the colours beside it are measured.
        around: Sigma of those colours and the hair's.
        solid: Whether strands in the colour of the skin count too inside the parsed hair.
    """

    band: float
    outside: float
    around: float
    solid: bool


CLOSE, WIDE = Reach(28.0, INSIDE, NEAR, solid=False), Reach(64.0, 24.0, 24.0, solid=True)
"""In photographs, where shadows look like hair too, and in other portraits, where thin hair is taken for skin."""


@dataclass(frozen=True, eq=False)
class Hair:
    """The hair of a photograph, as it is before any edit.

    Attributes:
        core: Its pixels without the edge, (S, S).
        weight: How much of each pixel is hair, float32 (S, S), 0..1.
        strands: Strands to draw where it shows none, see `strands`.
        shade: How much less light falls on it, at its roots and towards its outline, float32 (S, S), 0..1.
        skin: L*a*b* of the skin beside it, (3,).
    """

    core: Mask
    weight: Floats
    strands: Floats
    shade: Floats
    skin: Floats


def hair_of(image: Image, labels: Labels) -> Hair | None:
    """The hair of a picture (S, S, 3) of classes (S, S); None where no hair, or no skin beside it, is seen."""
    import cv2

    lab, parsed = to_lab(image), parsed_hair(labels)
    hair = seen_hair(parsed, lab, labels)
    skin = np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE)) & ~hair
    if min(hair.mean(), skin.mean()) < LEAST:
        return None
    soft = softness(image)
    drawn = strands(hair, lab[..., 0], soft)
    tone = np.median(lab[inside(skin)], 0).astype(np.float32)
    nearer = distance_to(parsed & ~hair) < distance_to(hair)  # to what is none: no strands of hair either
    left = 1 - cv2.GaussianBlur(nearer.astype(np.float32), (0, 0), scaled(SMOOTH, hair.shape))
    weight = strand_matte(hair, image, labels, CLOSE) * left
    return Hair(inside(hair), weight.astype(np.float32), drawn, _shade(hair, skin), tone)


def _shade(hair: Mask, skin: Mask) -> Floats:
    """Shade (S, S), 0..1, of hair beside the skin that it grows from, and where the head turns away."""
    import cv2

    roots = np.exp(-distance_to(skin) / scaled(ROOTS, hair.shape))
    across = np.clip(distance_to(~hair & ~skin) / scaled(ROUND, hair.shape), 0, 1)
    found = np.maximum(roots, 1 - np.sin(across * np.float32(np.pi / 2))).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), scaled(SOFT, hair.shape)), np.float32)


def shows_hair(labels: Labels) -> bool:
    """Whether a face of classes (S, S) has hair that can be dyed: enough, and not only patches beside bare skin.

    Thin, white or fair hair is parsed in patches.
    """
    hair, skin = parsed_hair(labels), largest(labels == CelebAMask.SKIN, 1.0)
    if hair.mean() < LEAST:
        return False
    eyes, head = np.nonzero(np.isin(labels, EYES))[0], np.flatnonzero((hair | skin).any(1))
    if not eyes.size:
        return True
    upper = np.arange(len(hair))[:, None] < (eyes.mean() + head[0]) / 2
    outline = widened(np.pad(labels == CelebAMask.BACKGROUND, 1, constant_values=True), 1.5)[1:-1, 1:-1] & upper
    bare = (skin & outline).sum() / max(((skin | hair) & outline).sum(), 1)
    return bool(hair.mean() > SCARCE or bare < BARE)


def hair_colour(image: Image, labels: Labels) -> Floats:
    """Mean CIE L*a*b* (3,) of the hair of a picture (H, W, 3) of classes (H, W); NaN where hardly any is seen."""
    hair = parsed_hair(labels)
    if hair.mean() < 0.01:
        return np.full(3, np.nan, np.float32)
    return np.asarray(to_lab(image)[hair].mean(0), np.float32)


def is_blond(colour: Floats) -> bool:
    """Whether hair of a mean L*a*b* (3,) is blond: yellow, neither dark nor red."""
    light, red, yellow = colour
    return bool(light > BLOND[0] and yellow > BLOND[1] and red < RED * yellow)


def told_apart(image: Image, labels: Labels) -> bool:
    """Whether the hair of a picture (S, S, 3) of classes (S, S) can be told from its background by its colour."""
    hair, background = parsed_hair(labels), labels == CelebAMask.BACKGROUND
    lab = to_lab(image)
    (inner, near), (outer, far) = (beside(lab, part, INSIDE, NEAR) for part in (hair, background))
    edge = hair & widened(background, 1.5) & (np.minimum(near, far) > FOUND)
    if edge.sum() <= 0.1 * np.sqrt(hair.sum()):
        return True  # no outline against a background
    return bool((np.linalg.norm((inner - outer)[edge], axis=1) < ALIKE).mean() <= UNCERTAIN)


def strand_matte(hair: Mask, image: Image, labels: Labels, reach: Reach) -> Floats:
    """Soft edge of the hair (S, S), 0..1: where both sides differ, by the way from one colour to the other."""
    import cv2

    lab, whole = to_lab(image), matte(hair, image)
    inner, near = beside(lab, hair, INSIDE, reach.around)
    outer, far = _outside(hair, lab, labels == CelebAMask.BACKGROUND, reach)
    way = inner - outer
    length = np.square(way).sum(2)
    share = np.clip(((lab - outer) * way).sum(2) / np.maximum(length, 1), 0, 1)
    certain = np.clip((np.sqrt(length) - ALIKE) / (DIFFERENT - ALIKE), 0, 1)
    band = (np.minimum(near, far) > 0.005) & widened(hair, reach.band / 2) & widened(~hair, reach.band / 2)
    certain *= cv2.GaussianBlur(band.astype(np.float32), (0, 0), scaled(SMOOTH, hair.shape))
    weight = certain * share + (1 - certain) * whole
    if reach.solid:
        weight = np.maximum(weight, whole * inside(hair))
    may_be = cv2.GaussianBlur(np.isin(labels, MAY_BE_HAIR).astype(np.float32), (0, 0), scaled(1.0, hair.shape))
    return np.asarray(weight * np.maximum(may_be, hair), np.float32)


def _outside(hair: Mask, lab: Floats, background: Mask, reach: Reach) -> tuple[Floats, Floats]:
    """`beside` of what a pixel is nearer to, background or skin and the rest; the mean of both would be neither."""
    behind, rest = background & ~hair, ~background & ~hair
    (wall, far), (skin, close) = (beside(lab, part, reach.outside, reach.around) for part in (behind, rest))
    nearer = distance_to(behind) < distance_to(rest)
    return np.where(nearer[..., None], wall, skin), np.where(nearer, far, close)
