"""Curls: the strands of straight hair bend into waves.

Every lock of hair swings to and fro across the way in which it lies, all of its strands together; what turns up catches
light. Length and colour stay, hair stands a little farther off. The generator's curls are a blur beside them.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.core.colours import from_lab, to_lab
from pipeline.core.types import Floats, Image
from postprocess.labels import FACE, CelebAMask, Labels
from postprocess.masks import Mask, scaled
from postprocess.own_pixels.hair import WIDE, strand_matte
from postprocess.own_pixels.hair_pixels import parsed_hair
from postprocess.own_pixels.recolouring import LEAST
from postprocess.own_pixels.strands import convolved, crown, directions, noise, standardised

HAIR_STYLE, CURLY = "Hs", "Hs_1"
"""The attribute, and its edit by which straight hair becomes curly."""
WAVE, SWING = 24.0, 6.0
"""Length of a wave and half its width at strength 1, pixels at 512."""
MOST = 2.0
"""Strength beyond which waves would be zigzags, and up to which edits are searched."""
SOFT = 0.25
"""Strength from which on hair is all new: below, the portrait shows through."""
LOCK, TRESS = 6.0, 12.0
"""Sigma in pixels at 512 of locks, which swing by themselves, and of tresses, which differ in width and wave length."""
LENGTH = 40.0
"""Half the length of a lock, pixels at 512."""
APART, UNEQUAL = 2.5, 0.3
"""Spread of the phases of locks in radians, and of the width of tresses as a share."""
STRETCHED = 0.12
"""Spread of the length of waves, as a share."""
SHINE = 0.12
"""Share of L* by which the tops of waves are lighter, and their valleys darker, at strength 1."""
FARTHER, GROWN = 0.05, 0.6
"""How much farther from the middle of the face hair stands, as a share, and the share of the swing by which its outline
moves."""
FILLED = 8.0
"""Sigma in pixels at 512 from which the colour of hair comes that shows what is behind it."""
SOLID = 0.6
"""Share of hair in a pixel from which on its own colour is that of hair."""


@dataclass(frozen=True, eq=False)
class Curls:
    """Waves for the hair of a portrait.

    Attributes:
        hair: Its pixels, (S, S).
        weight: How much of each pixel is hair, float32 (S, S), 0..1.
        swing: Way to the strand's new place at strength 1 in pixels, x and y, float32 (2, S, S).
        outwards: The same of hair that stands farther off, in addition.
        light: How far up the wave is turned, float32 (S, S), -1..1.
        free: How much hair may grow there, float32 (S, S), 0..1.
    """

    hair: Mask
    weight: Floats
    swing: Floats
    outwards: Floats
    light: Floats
    free: Floats


def curls_of(image: Image, labels: Labels) -> Curls | None:
    """Waves for the hair of a picture (S, S, 3) of classes (S, S), the same in every run; None without hair or skin."""
    import cv2

    if not can_curl(labels):
        return None
    hair, skin = _hair_and_skin(labels)
    shape = hair.shape
    weight = strand_matte(hair, image, labels, WIDE)
    along = directions(hair, to_lab(image)[..., 0])
    locks, tresses = (
        standardised(convolved(noise(len(hair), scaled(sigma, shape), seed), along, LENGTH), hair)
        for seed, sigma in enumerate((LOCK, TRESS), 1)
    )
    rows, columns = np.mgrid[: len(hair), : len(hair)].astype(np.float32)
    top = crown(hair)
    way = np.hypot(columns - np.float32(top[0]), rows - np.float32(top[1])) / np.float32(scaled(WAVE, shape))
    phase = np.float32(2 * np.pi) * way * (1 + np.float32(STRETCHED) * tresses) + np.float32(APART) * locks
    width = np.float32(scaled(SWING, shape)) * (1 + np.float32(UNEQUAL) * tresses) * np.sin(phase)
    middle = [float(each.mean()) for each in np.nonzero(skin)]
    outwards = np.float32(FARTHER) * np.stack([columns - middle[1], rows - middle[0]])
    face = np.isin(labels, FACE).astype(np.float32) * (1 - weight)
    free = 1 - np.clip(1.5 * cv2.GaussianBlur(face, (0, 0), scaled(1.5, shape) + 0.01), 0, 1)
    swing = np.stack([-along[1] * width, along[0] * width])
    parts = (weight, swing, outwards, np.cos(phase), free)
    return Curls(hair, *(np.asarray(each, np.float32) for each in parts))


def can_curl(labels: Labels) -> bool:
    """Whether a face of classes (S, S) has hair, and skin beside it."""
    return min(part.mean() for part in _hair_and_skin(labels)) >= LEAST


def _hair_and_skin(labels: Labels) -> tuple[Mask, Mask]:
    return parsed_hair(labels), np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE))


def curled(image: Image, curls: Curls, strength: float) -> tuple[Image, Floats]:
    """A picture with curls, and how much of it is new.

    Args:
        image: The portrait or another edit of it, uint8 (S, S, 3).
        strength: Of the waves, more than 0; more than `MOST` is `MOST`. Hair stands farther off up to strength 1.

    Returns:
        uint8 (S, S, 3), and float32 (S, S), 0..1: the picture equals `image` where that is 0.
    """
    import cv2

    strength, farther = min(float(strength), MOST), np.float32(min(strength, 1.0)) * curls.outwards
    lab, weight = to_lab(image), curls.weight
    rows, columns = np.mgrid[: len(weight), : len(weight)].astype(np.float32)

    def swung(values: Floats, share: float) -> Floats:
        x, y = farther + np.float32(share * strength) * curls.swing
        return np.asarray(cv2.remap(values, columns - x, rows - y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101))

    sigma = scaled(FILLED, weight.shape)
    cover = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    near = cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma) / np.maximum(cover, np.float32(1e-3))
    known = np.clip(50 * cover, 0, 1)
    filled = known * near + (1 - known) * lab[curls.hair].mean(0)
    strands = swung(np.where((weight > SOLID)[..., None], lab, filled).astype(np.float32), 1.0)
    strands[..., 0] *= 1 + np.float32(SHINE * strength) * curls.light
    new = np.maximum(np.clip(swung(weight, GROWN), 0, 1) * curls.free, weight) * np.float32(min(strength / SOFT, 1))
    mixed = from_lab(np.asarray(lab + new[..., None] * (strands - lab), np.float32))
    return np.where((new > 0)[..., None], mixed, image), new
