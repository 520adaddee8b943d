"""The hair of a portrait: where it is, how it lies, and the soft edge in which its strands end."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.core.colours import to_lab
from pipeline.core.types import Floats, Image
from postprocess.guided_filter import matte
from postprocess.labels import CelebAMask, Labels
from postprocess.masks import Mask, core, dilate, distance_to, scaled
from postprocess.own_pixels.recolouring import LEAST
from postprocess.own_pixels.strands import strands
from postprocess.sharpness import softness

ROOTS, ROUND, SOFT = 9.0, 30.0, 3.0
"""Distance in pixels at 512 over which the shade of the roots fades, width of the rounding towards the outline, and
blur of both."""
INSIDE = 4.0
"""Distance in pixels at 512 from the edge of a part to where its colours are measured."""
SEPARATE = 0.08
"""Share of the largest piece of hair from which another one is hair: smaller ones are collars and shadows."""
LIPS = (CelebAMask.MOUTH, CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP)
EYES = (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE)
ONE_SIDED, SMOOTHER, FINE = 0.1, 0.6, 3.0
"""Share of the hair beside one cheek up to which the other cheek has none, share of the hair's fine contrast below
which what lies there is smoother, and sigma in pixels at 512 of that contrast."""
NEAR = 12.0
"""Sigma in pixels at 512 of the colours on both sides of the hair's outline."""
SMOOTH = 4.0
"""Sigma in pixels at 512 by which the band of a `Reach` begins and ends."""
MAY_BE_HAIR = (
    *(CelebAMask.BACKGROUND, CelebAMask.SKIN, CelebAMask.NECK, CelebAMask.HAIR),
    *(CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR, CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW),
)
"""Classes in whose pixels strands of hair may hide."""
FOUND = 0.02
"""Share of pixels around one from which their colours are known."""
ALIKE, DIFFERENT = 9.0, 18.0
"""Distance in L*a*b* up to which two sides look alike, and from which on colours alone tell them apart."""
UNCERTAIN = 0.45
"""Largest share of the hair's outline along which the background looks like hair."""
SCARCE, BARE = 0.08, 0.25
"""Share of the picture up to which hair is scarce, and share of the upper head's outline from which skin is bare."""
CLOTHED = 0.6
"""Share of its outline that clothes are from which a piece of parsed hair apart from the largest is one of theirs."""
BLOND, RED = (43.0, 17.0), 0.65
"""L* and b* above which hair is blond, and a* as a share of b* from which it is red."""
ROUNDNESS, STRAY = 0.4, 0.012
"""Diameter of what fits into a head, as a share of the hair's width, and largest share of a picture that stands out of
it for no other reason than a dark background."""


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
    hair = without_shadow(without_spikes(parsed, lab, labels), lab[..., 0], labels)
    skin = np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE))
    if min(hair.mean(), skin.mean()) < LEAST:
        return None
    soft = softness(image)
    drawn = strands(hair, lab[..., 0], soft)
    beside = np.median(lab[_inside(skin)], 0).astype(np.float32)
    nearer = distance_to(parsed & ~hair) < distance_to(hair)  # to what is none: no strands of hair either
    left = 1 - cv2.GaussianBlur(nearer.astype(np.float32), (0, 0), scaled(SMOOTH, hair.shape))
    weight = strand_matte(hair, image, labels, CLOSE) * left
    return Hair(_inside(hair), weight.astype(np.float32), drawn, _shade(hair, skin), beside)


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
    hair, skin = parsed_hair(labels), labels == CelebAMask.SKIN
    if hair.mean() < LEAST:
        return False
    eyes, head = np.nonzero(np.isin(labels, EYES))[0], np.flatnonzero((hair | skin).any(1))
    if not eyes.size:
        return True
    upper = np.arange(len(hair))[:, None] < (eyes.mean() + head[0]) / 2
    outline = _near(np.pad(labels == CelebAMask.BACKGROUND, 1, constant_values=True), 1.5)[1:-1, 1:-1] & upper
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
    (inner, near), (outer, far) = (_beside(lab, part, INSIDE, NEAR) for part in (hair, background))
    edge = hair & _near(background, 1.5) & (np.minimum(near, far) > FOUND)
    if edge.sum() < 0.1 * np.sqrt(hair.sum()):
        return True  # no outline against a background
    return bool((np.linalg.norm((inner - outer)[edge], axis=1) < ALIKE).mean() <= UNCERTAIN)


def without_shadow(hair: Mask, light: Floats, labels: Labels) -> Mask:
    """Hair (S, S) without what lies beside one cheek alone, darker and smoother than the rest: a shadow on a wall.

    Args:
        light: L* of the picture, (S, S).
        labels: Its classes, (S, S).
    """
    import cv2

    lips, eyes = (np.nonzero(np.isin(labels, parts)) for parts in (LIPS, EYES))
    if not (len(lips[0]) and len(eyes[0])):
        return hair
    rows, columns = np.ogrid[: len(hair), : len(hair)]
    low = largest(hair, 1.0) & (rows > (lips[0].mean() + eyes[0].mean()) / 2)
    left = columns < lips[1].mean()
    few, many = sorted((low & left, low & ~left), key=np.count_nonzero)
    rest = hair & (rows < eyes[0].mean())
    if many.mean() < LEAST or few.sum() > ONE_SIDED * many.sum() or not rest.any():
        return hair
    fine = np.abs(light - cv2.GaussianBlur(light, (0, 0), scaled(FINE, hair.shape)))
    smoother = fine[_inside(many)].mean() < SMOOTHER * fine[_inside(rest)].mean()
    return hair & ~many if smoother and np.median(light[many]) < np.median(light[rest]) else hair


def without_spikes(hair: Mask, lab: Floats, labels: Labels) -> Mask:
    """Hair (S, S) without small pieces that stand out of the round head and look like the background beside them.

    Args:
        hair: Its pixels.
        lab: L*a*b* of the picture, (S, S, 3).
        labels: Its classes, (S, S).
    """
    import cv2

    eyes = np.nonzero(np.isin(labels, EYES))[0]
    if not eyes.size:
        return hair
    rows, background = np.arange(len(hair))[:, None], labels == CelebAMask.BACKGROUND
    head = hair | ~background | (rows > eyes.mean())
    radius = round(ROUNDNESS / 2 * hair.sum(1)[: int(eyes.mean())].max(initial=0))
    padded = np.pad(head, radius + 1, mode="edge")  # hair goes on beyond the picture
    inner = distance_to(~padded) > radius
    kept = (distance_to(inner) <= radius)[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
    wall, near = _beside(lab, background, INSIDE, NEAR)
    edge = hair & _near(background, 1.5) & (near > FOUND)
    count, pieces = cv2.connectedComponents((hair & ~kept & (rows < eyes.mean())).astype(np.uint8))
    for number in range(1, count):
        piece = pieces == number
        outline = piece & edge
        if piece.mean() >= STRAY or not outline.any():
            continue
        if np.median(np.linalg.norm(wall[outline] - lab[piece].mean(0), axis=1)) < ALIKE:
            hair = hair & ~piece
    return hair


def strand_matte(hair: Mask, image: Image, labels: Labels, reach: Reach) -> Floats:
    """Soft edge of the hair (S, S), 0..1: where both sides differ, by the way from one colour to the other."""
    import cv2

    lab, whole = to_lab(image), matte(hair, image)
    inner, near = _beside(lab, hair, INSIDE, reach.around)
    outer, far = _outside(hair, lab, labels == CelebAMask.BACKGROUND, reach)
    way = inner - outer
    length = np.square(way).sum(2)
    share = np.clip(((lab - outer) * way).sum(2) / np.maximum(length, 1), 0, 1)
    certain = np.clip((np.sqrt(length) - ALIKE) / (DIFFERENT - ALIKE), 0, 1)
    band = (np.minimum(near, far) > 0.005) & _near(hair, reach.band / 2) & _near(~hair, reach.band / 2)
    certain *= cv2.GaussianBlur(band.astype(np.float32), (0, 0), scaled(SMOOTH, hair.shape))
    weight = certain * share + (1 - certain) * whole
    if reach.solid:
        weight = np.maximum(weight, whole * _inside(hair))
    may_be = cv2.GaussianBlur(np.isin(labels, MAY_BE_HAIR).astype(np.float32), (0, 0), scaled(1.0, hair.shape))
    return np.asarray(weight * np.maximum(may_be, hair), np.float32)


def _outside(hair: Mask, lab: Floats, background: Mask, reach: Reach) -> tuple[Floats, Floats]:
    """`_beside` of what a pixel is nearer to, background or skin and the rest; the mean of both would be neither."""
    behind, rest = background & ~hair, ~background & ~hair
    (wall, far), (skin, close) = (_beside(lab, part, reach.outside, reach.around) for part in (behind, rest))
    nearer = distance_to(behind) < distance_to(rest)
    return np.where(nearer[..., None], wall, skin), np.where(nearer, far, close)


def _beside(lab: Floats, part: Mask, distance: float, around: float) -> tuple[Floats, Floats]:
    """Mean colour around each pixel of those in a part (S, S, 3), and how many there are, 0..1 (S, S)."""
    import cv2

    sigma, inside = scaled(around, part.shape), _inside(part, distance).astype(np.float32)
    count = cv2.GaussianBlur(inside, (0, 0), sigma)
    total = cv2.GaussianBlur(lab * inside[..., None], (0, 0), sigma)
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32), np.asarray(count, np.float32)


def _inside(part: Mask, distance: float = INSIDE) -> Mask:
    """A part without its edge of so many pixels at 512."""
    return core(part, scaled(distance, part.shape))


def _near(part: Mask, radius: float) -> Mask:
    """A part grown by a radius in pixels at 512, at least by one pixel."""
    return dilate(part, max(scaled(radius, part.shape), 1))


def parsed_hair(labels: Labels) -> Mask:
    """Hair (S, S) of classes (S, S), without small pieces and without those that lie in clothes."""
    import cv2

    hair, clothes = largest(labels == CelebAMask.HAIR), labels == CelebAMask.CLOTHES
    _, pieces, figures, _ = cv2.connectedComponentsWithStats(hair.astype(np.uint8))
    areas = figures[1:, cv2.CC_STAT_AREA]
    for number in 1 + np.flatnonzero(areas < areas.max(initial=0)):
        piece = pieces == number
        if clothes[_near(piece, 1.5) & ~piece].mean() > CLOTHED:
            hair = hair & ~piece
    return hair


def largest(hair: Mask, share: float = SEPARATE) -> Mask:
    """The largest piece of hair and those that are at least a share of it."""
    import cv2

    count, pieces, figures, _ = cv2.connectedComponentsWithStats(hair.astype(np.uint8))
    if count < 2:
        return hair
    areas = figures[1:, cv2.CC_STAT_AREA]
    return np.asarray(np.isin(pieces, 1 + np.flatnonzero(areas >= share * areas.max())))
