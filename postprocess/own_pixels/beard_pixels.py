"""Which pixels of a portrait are a beard: parsers take beards for skin."""

import numpy as np

from pipeline.core.colours import to_lab
from pipeline.core.types import Floats, Image, Portrait
from postprocess.labels import CelebAMask, Labels
from postprocess.masks import Mask, scaled
from postprocess.own_pixels.beards import DARKER, DOWN, LEAST, SPARSE, chart, covered

CHIN = (0.4, 0.35)
"""Half width and upper end of the chin on the chart."""
BEARDED, BRISTLY, GREY = 0.06, 1.1, 1.9
"""Share of the chin that is dark on a bearded face, and how much more fine contrast the chin has than the cheeks there;
and how much more tells a beard of any colour. Seven real ones have 1.2 to 2.5 times as much, 54 bare chins 0.2 to 1.1
times, but one in deep shadow 1.6."""
WELL_BEARDED, UNLIKE = 0.12, 14.0
"""Share of the chin in the colour of the hair from which a beard is dyed with the hair, and distance in L*a*b* from the
cheeks below which hairs cannot be told from skin."""
HAIR_WIDTH, ROUGH, EVEN = 4.0, 1.3, 0.005
"""Sigma in pixels at 512 below which contrast is that of single hairs; how much more of it a bearded chin has than the
cheeks, and the least that counts of it there."""
LONGEST = 2.6
"""Place on the chart where the longest beards end."""
BARE, COVERED, SURE = 0.15, 0.6, 0.8
"""How near to the colour of the hair bare and covered skin are, 0 that of the cheeks, and what is a beard for sure."""
FULL = 0.3
"""Density from which on all of what looks like hair is a beard."""


def has_beard(image: Image, labels: Labels, density: Floats) -> bool:
    """Whether a beard is seen already: a chin much rougher than the cheeks, or rougher and in part as dark as hair."""
    found = chart(labels)
    parts = None if found is None else _chin_and_cheeks(found, labels, density)
    if parts is None:
        return False
    (chin, cheeks), light = parts, to_lab(image)[..., 0]
    bright, dark = np.median(light[cheeks]), np.median(light[labels == CelebAMask.HAIR])
    rough = _roughness(light, cheeks)[chin].mean()
    dark_chin = bright - dark > DARKER and (light[chin] < (bright + dark) / 2).mean() > BEARDED
    return bool(rough > GREY or (dark_chin and rough > BRISTLY))


def beard_of(portrait: Portrait, labels: Labels, density: Floats | None) -> Floats:
    """`beard_matte` of a portrait of classes (S, S), computed once; none without a density."""
    if density is None:
        return np.zeros(labels.shape, np.float32)
    return portrait.maps.get(f"beard {len(labels)}", lambda: beard_matte(portrait.image, labels, density))


def beard_matte(image: Image, labels: Labels, density: Floats) -> Floats:
    """How much of each pixel is a beard in the colour of the hair, float32 (S, S), 0..1; none where the chin is bare.

    Parsers take beards for skin. Shaded skin has their colour, but not their hairs.
    """
    none, found = np.zeros(labels.shape, np.float32), chart(labels)
    parts = None if found is None else _chin_and_cheeks(found, labels, density)
    if found is None or parts is None:
        return none
    (chin, cheeks), lab = parts, to_lab(image)
    dark, bright = np.median(lab[labels == CelebAMask.HAIR], 0), np.median(lab[cheeks], 0)
    way = dark - bright
    share = (lab - bright) @ way / max(float(way @ way), 1)
    if np.linalg.norm(way) < UNLIKE or (share[chin] > 0.5).mean() < WELL_BEARDED:
        return none
    rough = _roughness(lab[..., 0], cheeks)
    if rough[chin].mean() < ROUGH:
        return none
    across, down = found
    grows = covered((across, np.minimum(down, DOWN[1] - 0.1)), np.maximum.accumulate(density))
    there = np.clip(grows / FULL, 0, 1) * np.clip(LONGEST - down, 0, 1)
    there *= np.clip(np.maximum((rough - 1) / (ROUGH - 1), (share - SURE) / (1 - SURE)), 0, 1)
    there *= np.isin(labels, (CelebAMask.SKIN, CelebAMask.NECK))
    return np.asarray(np.clip((share - BARE) / (COVERED - BARE), 0, 1) * there, np.float32)


def _chin_and_cheeks(found: tuple[Floats, Floats], labels: Labels, density: Floats) -> tuple[Mask, Mask] | None:
    """Skin (S, S) of the chin and of where no beard grows, by a `chart`; None where they or hair are not seen."""
    (across, down), skin = found, labels == CelebAMask.SKIN
    chin = skin & (np.abs(across) < CHIN[0]) & (down > CHIN[1]) & (down < 1)
    cheeks = skin & (covered(found, density) < SPARSE)
    if min(part.mean() for part in (chin, cheeks, labels == CelebAMask.HAIR)) < LEAST:
        return None
    return chin, cheeks


def _roughness(light: Floats, cheeks: Mask) -> Floats:
    """Fine contrast of L* around each pixel (S, S) in its light, relative to that of the cheeks."""
    import cv2

    near = cv2.GaussianBlur(light, (0, 0), scaled(HAIR_WIDTH, light.shape))
    fine = np.abs(light - near) / (near + 16)
    around = cv2.GaussianBlur(fine, (0, 0), scaled(2 * HAIR_WIDTH, light.shape))
    return np.asarray(around / max(float(around[cheeks].mean()), EVEN), np.float32)
