"""Edits without the generator's picture: a portrait's own pixels move, grow a beard, get glasses or dyed hair, or age.

How pixels move, where beards grow and how skin ages is known from rendered people. Their generator is too coarse for
photographs, and for the wrinkles of any portrait.
"""

from dataclasses import replace
from typing import Protocol

import numpy as np

from pipeline.core.types import Edit, Floats, Image, PixelMotion, Portrait, Translation
from postprocess.labels import Labels
from postprocess.masks import mix
from postprocess.own_pixels.ageing import CODE as AGE
from postprocess.own_pixels.ageing import HasAgeing, shaded, shifted
from postprocess.own_pixels.beards import HasBeard, grown
from postprocess.own_pixels.dyeing import DYES, dyed
from postprocess.own_pixels.glasses import DrawsOnPhotographs, worn
from postprocess.own_pixels.motions import HasMotions, combined, moved, moving, origins

BEARD, GLASSES = "Bd_1", "Gl_1"


class EditsPixels(HasMotions, HasBeard, DrawsOnPhotographs, HasAgeing, Protocol):
    """Opened models with motions, a beard and ageing, which know whether photographs are drawn on."""


def divided(edit: Edit, portrait: Portrait, models: EditsPixels) -> tuple[Edit, Edit]:
    """The moves of an edit that `edited` makes, and the others that the generator makes.

    Those of photographs, and ageing; photographs do not become younger so, since their wrinkles are not ours.
    """
    own = tuple(move for move in edit.moves if _is_own(*move, portrait, models))
    others = tuple(move for move in edit.moves if move not in own)
    return replace(edit, moves=own), replace(edit, moves=others)


def _is_own(move: Translation, strength: float, portrait: Portrait, models: EditsPixels) -> bool:
    photograph = portrait.crop is not None
    if move.code == AGE and models.ageing is not None:
        return not photograph or models.ageing.amount(portrait, move, strength) > 0
    if move.name == GLASSES or move.name in DYES:
        return photograph and models.draws_on_photographs and strength > 0
    return photograph and (move.name in models.motions or (move.name == BEARD and models.beard is not None))


def edited(
    image: Image, labels: Labels, edit: Edit, portrait: Portrait, models: EditsPixels, motion: float
) -> tuple[Image, Floats, PixelMotion | None]:
    """A picture of a portrait with the moves that `divided` has found.

    Args:
        image: The portrait at any size, or another edit of it, uint8 (S, S, 3).
        labels: Classes of the portrait, (S, S).
        portrait: With a latent where it ages.
        motion: Factor of the motions.

    Returns:
        uint8 (S, S, 3); how much of it is new, float32 (S, S), 0..1: it equals `image` where that is 0; and the motion
        by which its pixels have come, see `origins`, or None.
    """
    weight = np.zeros(image.shape[:2], np.float32)
    motions = []
    for move, strength in edit.moves:
        if move.name == BEARD:
            assert models.beard is not None
            beard = grown(image, labels, models.beard, strength)
            image, weight = (image, weight) if beard is None else beard
        elif move.name == GLASSES:
            glasses = worn(image, labels, strength)
            image, new = (image, weight) if glasses is None else glasses
            weight = np.maximum(weight, new)
        elif move.name in DYES:
            hair = dyed(image, labels, DYES[move.name], strength)
            image, new = (image, weight) if hair is None else hair
            weight = np.maximum(weight, new)
        elif move.code == AGE:
            image, new = _aged(image, labels, move, strength, portrait, models, motion)
            weight = np.maximum(weight, new)
        else:
            known = models.motions[move.name]
            motions.append((known, strength * motion * known.photographs))
    if not motions:
        return image, weight, None
    came = origins(combined(motions, labels))
    seen = moving(came)
    return mix(image, moved(image, came), 1 - seen), np.maximum(weight, seen), came.astype(np.float16)


def _aged(
    image: Image,
    labels: Labels,
    move: Translation,
    strength: float,
    portrait: Portrait,
    models: EditsPixels,
    motion: float,
) -> tuple[Image, Floats]:
    """A portrait with older or younger skin; rendered people also get its shape, which photographs would not fit."""
    ageing = models.ageing
    assert ageing is not None
    amount = ageing.amount(portrait, move, strength)
    shading = ageing.of(portrait, labels)
    if shading is None:
        return image, np.zeros(labels.shape, np.float32)
    image, new = shaded(image, labels, shading, amount)
    if portrait.crop is not None:
        return image, new
    woman = float(np.clip(ageing.position(portrait)[1], 0, 1))
    men, women = ageing.motions
    image, there = shifted(image, np.float32(motion * amount) * (men + np.float32(woman) * (women - men)))
    return image, np.maximum(new, there)
