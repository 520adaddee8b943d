"""Beards, grown in photographs where rendered people have one, in the colour of the hair."""

from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.core.colours import from_lab, to_lab
from pipeline.core.types import Floats, Image
from pipeline.core.weights import load_state
from postprocess.guided_filter import matte
from postprocess.labels import BROWS, LIPS, CelebAMask, Labels
from postprocess.masks import scaled
from postprocess.own_pixels.dyeing import tone_beside
from postprocess.own_pixels.strands import convolved, noise, standardised
from postprocess.sharpness import softness

CODE = "Bd"
ACROSS, DOWN = (-1.25, 1.25), (-3.0, 1.5)
"""Range of a chart's coordinates that a density covers."""
LEAST = 4e-4
"""Share of the picture from which lips and nose count as seen."""
SKIN = (CelebAMask.SKIN, CelebAMask.NOSE, *LIPS)
FINE, TUFTS, LENGTH = 0.4, 1.6, 6.0
"""Sigma of single hairs and of tufts, and half length of a hair, pixels at 512."""
TUFTED = 0.5
"""Weight of the tufts beside the single hairs."""
CONTRAST, RAGGED, FAINTER = 7.0, 0.18, 0.5
"""Deviation of the hairs' L* at L* 30 and above, and of their density where half of the skin is covered; the share by
which both are less in a blurred picture."""
MOST, EDGE = 0.95, 0.7
"""Largest cover, and the share of skin in a pixel from which it is reached."""
SPARSE = 0.05
"""Density below which skin belongs to the cheeks and grows no hair."""
HIGHEST = (-1.6, -1.0)
"""Where a beard begins and from where on it is full, down the chart: sideburns stand alone on turned faces."""
FULLER = 0.58
"""Power of the density above SPARSE: a mean over people is thin where their beards end at different places."""
CHEEK = (0.75, 0.0, 8.0, 0.1)
"""Where the upper line of a beard is lowest, across and down the chart, how steeply it rises to moustache and sideburn,
and how soft it is."""
JAW = 0.0
"""Place on the chart from which down a beard covers the skin to the edge of the face."""
JAWLINE = 4.0
"""Sigma in pixels at 512 of the line between beard and neck."""
THROUGH, WARM, LIGHTEST = 0.6, (0.47, 0.65), 0.33
"""Largest share of the warm tint that a beard of duller hair has, its a* and b* at L* 30 as shares of the skin's
chroma, and share of the skin's L* that the darkest beard has: beards are lighter than dark hair, and warmer."""
FADE = 0.6
"""Share of the density that is left a 64th of the chart further down than where the chin ends."""
LIT = (0.6, 1.1)
"""Range of the light on a beard, relative to that on most of the skin."""
SEEN = 0.01
"""Cover below which the picture stays as it is."""
DARKER = 12.0
"""Least difference in lightness (L*) to the skin below; a beard of the skin's colour would not be seen."""


class HasBeard(Protocol):
    """Opened models with the density of a beard, None for a set that has none."""

    @property
    def beard(self) -> Floats | None: ...


def load_beard(path: Path) -> Floats:
    """Density (n, n) of a beard over ACROSS and DOWN, 0..1; raises MissingWeights for an unreadable file."""
    return np.asarray(load_state(path)["density"].float().numpy())


def chart(labels: Labels) -> tuple[Floats, Floats] | None:
    """Coordinates across and down of each pixel of classes (S, S) on the lower half of a face.

    Across it is -1 and 1 at the edges of the face beside the mouth, 0 in the middle of the mouth; down it is -1 at the
    tip of the nose, 0 in the middle of the mouth, 1 at the chin.

    Returns:
        Two float32 (S, S), or None where mouth, nose or chin are not seen.
    """
    lips, nose, skin = np.isin(labels, LIPS), labels == CelebAMask.NOSE, np.isin(labels, SKIN)
    side = len(labels)
    if min(lips.sum(), nose.sum()) < LEAST * labels.size:
        return None
    y, x = np.nonzero(lips)
    middle, centre, tip = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2, np.quantile(np.nonzero(nose)[0], 0.95)
    lower = np.nonzero(skin[:, x.min() : x.max() + 1].mean(1) > 0.3)[0]
    beside = np.nonzero(skin[y.min() : y.max() + 1].mean(0) > 0.5)[0]
    if not (lower.size and beside.size):
        return None
    chin = lower.max()
    up, down, left, right = centre - tip, chin - centre, middle - beside.min(), beside.max() - middle
    if min(up, down) < 0.02 * side or min(left, right) < 0.6 * np.ptp(x):
        return None
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    across, below = columns - np.float32(middle), rows - np.float32(centre)
    found = across / np.where(across < 0, left, right), below / np.where(below < 0, up, down)
    return np.asarray(found[0], np.float32), np.asarray(found[1], np.float32)


def grown(image: Image, labels: Labels, density: Floats, amount: float) -> tuple[Image, Floats] | None:
    """An aligned face with a beard.

    Args:
        image: uint8 (S, S, 3).
        labels: Its classes (S, S).
        density: See `load_beard`.
        amount: Factor of the density.

    Returns:
        uint8 (S, S, 3), and how much of each pixel the beard covers, float32 (S, S), 0..1; None where the lower half of
        the face is not seen.
    """
    import cv2

    found = chart(labels)
    if found is None:
        return None
    face, neck = np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE)), labels == CelebAMask.NECK
    skin = matte(face | neck, image)
    longer = below_jaw(density)
    there = np.where(face, covered(found, whole_jaw(longer)), covered(found, longer)) * _below_cheeks(found)
    below = np.clip((found[1] - HIGHEST[0]) / (HIGHEST[1] - HIGHEST[0]), 0, 1)
    full = below * np.clip(there - SPARSE, 0, 1) ** FULLER
    full = cv2.GaussianBlur(full, (0, 0), scaled(JAWLINE, labels.shape))
    whole = np.clip(np.float32(amount) * full, 0, MOST) * skin
    grain = bristles(found, labels, softness(image))
    ragged = np.clip(whole + RAGGED * grain * 4 * whole * (1 - whole), 0, MOST)
    cover = np.asarray(ragged * np.clip(skin / EDGE, 0, 1), np.float32)
    lab = to_lab(image)
    near = cv2.GaussianBlur(lab, (0, 0), scaled(4.0, labels.shape))
    colour = _lit(_colour(lab, labels), near, labels)
    brighter = CONTRAST * grain * np.minimum((colour[..., 0] + 16) / 46, 1)
    colour[..., 1:] *= (1 + brighter / np.maximum(colour[..., 0] + 16, 1))[..., None]
    colour[..., 0] += brighter
    mixed = lab + cover[:, :, None] * (colour - near)
    return np.where(cover[:, :, None] > SEEN, from_lab(mixed), image), np.where(cover > SEEN, cover, np.float32(0))


def covered(found: tuple[Floats, Floats], density: Floats) -> Floats:
    """The density where a face's `chart` says, float32 (S, S)."""
    import cv2

    x, y = (
        np.asarray((place - low) / (high - low) * len(density) - 0.5, np.float32)
        for place, (low, high) in zip(found, (ACROSS, DOWN), strict=True)
    )
    return np.asarray(cv2.remap(density, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def _below_cheeks(found: tuple[Floats, Floats]) -> Floats:
    """Share (S, S), 0..1, by which a beard is below the line from moustache to sideburn, which dips on the cheek.

    A mean over people is high and level there.
    """
    (across, down), (beside, depth, steep, soft) = found, CHEEK
    line = depth - steep * (np.abs(across) - beside) ** 2
    return np.asarray(1 / (1 + np.exp(np.clip((line - down) / soft, -30, 30))), np.float32)


def whole_jaw(density: Floats) -> Floats:
    """A density that covers the jaw to its edges."""
    rows, found = len(density), density.copy()
    first, middle = round((JAW - DOWN[0]) / (DOWN[1] - DOWN[0]) * rows), rows // 2
    found[first:, middle:] = np.maximum.accumulate(density[first:, middle:], axis=1)
    found[first:, :middle] = np.maximum.accumulate(density[first:, middle - 1 :: -1], axis=1)[:, ::-1]
    return found


def below_jaw(density: Floats) -> Floats:
    """A density that fades out below the chin and the jaw instead of ending there."""
    import cv2

    rows = len(density)
    faded = density.copy()
    for row in range(1, rows):
        faded[row] = np.maximum(faded[row], faded[row - 1] * np.float32(FADE ** (64 / rows)))
    return np.asarray(np.maximum(density, cv2.GaussianBlur(faded, (0, 0), rows / 128)), np.float32)


def bristles(found: tuple[Floats, Floats], labels: Labels, soft: float) -> Floats:
    """Hairs of a beard, float32 (S, S), of mean 0 and deviation 1 on sharp skin; the same in every run.

    They grow down and away from the middle, a moustache more to the sides than down.

    Args:
        found: The face's `chart`.
        labels: Its classes (S, S).
        soft: Blur of the picture, 0..1: hairs are broader and fainter in it.
    """
    across, down = found
    lip = np.clip(1 - np.abs(down + 0.5) / 0.5, 0, 1)
    x, y = np.clip(2 * across, -1, 1) * (0.3 + 0.6 * lip), np.ones_like(across)
    length = np.hypot(x, y)
    flow = np.asarray(x / length, np.float32), np.asarray(y / length, np.float32)
    fine, tufts = (noise(len(labels), scaled(sigma * (1 + soft), labels.shape) + 0.2) for sigma in (FINE, TUFTS))
    grain = convolved(fine + np.float32(TUFTED) * tufts, flow, LENGTH)
    return np.float32(1 - FAINTER * soft) * standardised(grain, np.isin(labels, SKIN))


def _lit(colour: Floats, near: Floats, labels: Labels) -> Floats:
    """A colour (3,) in the light of a blurred face (S, S, 3), in L*a*b* as it: brighter where the skin is brighter."""
    skin = np.median(near[labels == CelebAMask.SKIN, 0])
    light = np.clip((near[..., :1] + 16) / (skin + 16), *LIT)
    return np.asarray(np.dstack([(colour[0] + 16) * light - 16, colour[1:] * light]), np.float32)


def _colour(lab: Floats, labels: Labels) -> Floats:
    """L*a*b* (3,) of hair, else of brows, darker than the skin."""
    skin = np.median(lab[labels == CelebAMask.SKIN], axis=0)
    for parts in ((CelebAMask.HAIR,), BROWS):
        seen = np.isin(labels, parts)
        if seen.mean() > 2e-3:
            colour = np.median(lab[seen], axis=0)
            break
    else:
        colour = skin * np.array([0.4, 0.6, 0.6])
    light = min(max(colour[0], LIGHTEST * skin[0]), skin[0] - DARKER)
    # Chroma goes with L* + 16 (CIE 15).
    own = colour[1:] * (light + 16) / (colour[0] + 16)
    warm = tone_beside(np.array(WARM, np.float32), (float(skin[1]), float(skin[2]))) * (light + 16) / 46
    share = min(THROUGH, max(1 - float(np.hypot(*own)) / max(float(np.hypot(*warm)), 1e-3), 0))
    return np.array([light, *(own + share * (warm - own))], np.float32)
