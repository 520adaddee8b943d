"""Which pixels of a portrait are hair: what a parser says, without what it takes for hair, with what it overlooks."""

import numpy as np

from pipeline.core.types import Floats
from postprocess.labels import BROWS, EYES, LIPS, CelebAMask, Labels
from postprocess.masks import Mask, core, dilate, distance_to, scaled
from postprocess.own_pixels.recolouring import LEAST

INSIDE = 4.0
"""Distance in pixels at 512 from the edge of a part to where its colours are measured."""
SEPARATE = 0.08
"""Share of the largest piece of hair from which another one is hair: smaller ones are collars and shadows."""
ONE_SIDED, SMOOTHER, FINE = 0.1, 0.6, 3.0
"""Share of the hair beside one cheek up to which the other cheek has none, share of the hair's fine contrast below
which what lies there is smoother, and sigma in pixels at 512 of that contrast."""
NEAR = 12.0
"""Sigma in pixels at 512 of the colours on both sides of the hair's outline."""
FOUND = 0.02
"""Share of pixels around one from which their colours are known."""
ALIKE, DIFFERENT = 9.0, 18.0
"""Distance in L*a*b* up to which two sides look alike, and from which on colours alone tell them apart."""
CLOTHED = 0.6
"""Share of its outline that clothes are from which a piece of parsed hair apart from the largest is one of theirs."""
ROUNDNESS, STRAY = 0.4, 0.012
"""Diameter of what fits into a head, as a share of the hair's width, and largest share of a picture that stands out of
it for no other reason than a dark background."""
DARKER, AS_DARK, FROM_FEATURES, FRINGE = 20.0, 0.78, 4.0, 0.045
"""How much darker than the skin hair is that has a fringe (L*), how near to the hair's colour its pixels are, 0 being
the skin's, their least distance from eyes and brows in pixels at 512, and the share of the skin from which all of it is
a shadow."""


def seen_hair(parsed: Mask, lab: Floats, labels: Labels) -> Mask:
    """The hair (S, S) of a photograph in L*a*b* (S, S, 3) of classes (S, S), by its `parsed_hair`."""
    hair = without_spikes(parsed, lab, labels)
    return with_fringe(without_shadow(hair, lab[..., 0], labels), lab, labels)


def parsed_hair(labels: Labels) -> Mask:
    """Hair (S, S) of classes (S, S), without small pieces and without those that lie in clothes."""
    import cv2

    hair, clothes = largest(labels == CelebAMask.HAIR), labels == CelebAMask.CLOTHES
    _, pieces, figures, _ = cv2.connectedComponentsWithStats(hair.astype(np.uint8))
    areas = figures[1:, cv2.CC_STAT_AREA]
    for number in 1 + np.flatnonzero(areas < areas.max(initial=0)):
        piece = pieces == number
        if clothes[widened(piece, 1.5) & ~piece].mean() > CLOTHED:
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
    smoother = fine[inside(many)].mean() < SMOOTHER * fine[inside(rest)].mean()
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
    wall, near = beside(lab, background, INSIDE, NEAR)
    edge = hair & widened(background, 1.5) & (near > FOUND)
    count, pieces = cv2.connectedComponents((hair & ~kept & (rows < eyes.mean())).astype(np.uint8))
    for number in range(1, count):
        piece = pieces == number
        outline = piece & edge
        if piece.mean() >= STRAY or not outline.any():
            continue
        if np.median(np.linalg.norm(wall[outline] - lab[piece].mean(0), axis=1)) < ALIKE:
            hair = hair & ~piece
    return hair


def with_fringe(hair: Mask, lab: Floats, labels: Labels) -> Mask:
    """Hair (S, S) with the dark pixels of forehead and temples that go on from it: a parser overlooks fringes.

    Args:
        hair: Its pixels.
        lab: L*a*b* of the picture, (S, S, 3).
        labels: Its classes, (S, S).
    """
    import cv2

    skin, noses = labels == CelebAMask.SKIN, np.nonzero(labels == CelebAMask.NOSE)[0]
    inner = [inside(part) for part in (hair, skin)]
    if not (noses.size and all(part.any() for part in inner)):
        return hair
    dark, bright = (np.median(lab[part], 0) for part in inner)
    way = dark - bright
    if -way[0] < DARKER:
        return hair
    share = (lab - bright) @ way / float(way @ way)
    upper = np.arange(len(hair))[:, None] < noses.mean()
    features = widened(np.isin(labels, (*EYES, *BROWS, CelebAMask.GLASSES)), FROM_FEATURES)
    dark_skin = skin & upper & (share > AS_DARK) & ~features
    pieces = cv2.connectedComponents((dark_skin | hair).astype(np.uint8))[1]
    found = dark_skin & np.isin(pieces, np.unique(pieces[hair]))
    return hair if found.sum() > FRINGE * skin.sum() else hair | found


def beside(lab: Floats, part: Mask, distance: float, around: float) -> tuple[Floats, Floats]:
    """Mean colour around each pixel of those in a part (S, S, 3), and how many there are, 0..1 (S, S)."""
    import cv2

    sigma, inner = scaled(around, part.shape), inside(part, distance).astype(np.float32)
    count = cv2.GaussianBlur(inner, (0, 0), sigma)
    total = cv2.GaussianBlur(lab * inner[..., None], (0, 0), sigma)
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32), np.asarray(count, np.float32)


def inside(part: Mask, distance: float = INSIDE) -> Mask:
    """A part without its edge of so many pixels at 512."""
    return core(part, scaled(distance, part.shape))


def widened(part: Mask, radius: float) -> Mask:
    """A part grown by a radius in pixels at 512, at least by one pixel."""
    return dilate(part, max(scaled(radius, part.shape), 1))
