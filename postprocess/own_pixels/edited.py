"""Edits without the generator's picture: a portrait's own pixels move, grow a beard, get glasses or dyed hair, curl, or
age.

How pixels move, where beards grow and how skin ages is known from rendered people. Their generator is too coarse for
photographs, and for the wrinkles and curls of any portrait.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.images import resize
from pipeline.core.types import Edit, Floats, Image, PixelMotion, Portrait, Translation
from postprocess.labels import Labels
from postprocess.masks import mix
from postprocess.own_pixels.ageing import CODE as AGE
from postprocess.own_pixels.ageing import Ageing, HasAgeing, shaded, shifted, smoothed
from postprocess.own_pixels.beards import HasBeard, grown
from postprocess.own_pixels.curls import CURLY, HAIR_STYLE, can_curl, curled, curls_of
from postprocess.own_pixels.dyeing import DYES, Dye, dyed
from postprocess.own_pixels.glasses import worn
from postprocess.own_pixels.hair import hair_of
from postprocess.own_pixels.motions import HasMotions, combined, moved, moving, origins

BEARD, GLASSES = "Bd_1", "Gl_1"
Drawing = Callable[[Image, Labels], tuple[Image, Floats] | None]
"""A picture and its classes to the picture as edited, and how much of it is new; None where nothing can be drawn."""


class EditsPixels(HasMotions, HasBeard, HasAgeing, Protocol):
    """Opened models with motions, a beard and ageing.

    Attributes:
        coarse: Whether the generator is too coarse for curls, and for glasses and dyed hair in photographs.
    """

    @property
    def coarse(self) -> bool: ...


def divided(edit: Edit, portrait: Portrait, models: EditsPixels, labels: Callable[[], Labels]) -> tuple[Edit, Edit]:
    """The moves of an edit that `edited` makes, and the others that the generator makes.

    Those of photographs, ageing, and the curls of other portraits, but on a bald head, whose hair the generator draws.

    Args:
        labels: Gives the classes of the portrait, (S, S).
    """
    own = tuple(move for move in edit.moves if _is_own(*move, portrait, models, labels))
    others = tuple(move for move in edit.moves if move not in own)
    return replace(edit, moves=own), replace(edit, moves=others)


def is_drawn(name: str, strength: float, models: EditsPixels) -> bool:
    """Whether the photograph's own pixels make an edit of this name and strength: its generator is not asked."""
    if name in models.motions or (name == BEARD and models.beard is not None):
        return True
    if name.partition("_")[0] == AGE and models.ageing is not None:
        return True
    return models.coarse and strength > 0 and (name == GLASSES or name in DYES)


def _is_own(
    move: Translation, strength: float, portrait: Portrait, models: EditsPixels, labels: Callable[[], Labels]
) -> bool:
    if portrait.crop is not None and move.name in models.motions:
        return True
    if _drawing(move, strength, portrait, models, 1.0) is None:
        return False
    return not _is_curls(move) or portrait.maps.get("can curl", lambda: can_curl(labels()))


def _drawing(
    move: Translation, strength: float, portrait: Portrait, models: EditsPixels, motion: float
) -> Drawing | None:
    """What draws a move on a picture of a portrait; None for what moves its pixels, and for the generator's."""
    photograph = portrait.crop is not None
    if move.code == AGE and (ageing := models.ageing) is not None:
        amount, smoothing = (each(portrait, move, strength) for each in (ageing.amount, ageing.smoothing))
        return partial(_aged, portrait, ageing, amount, smoothing, motion)
    if photograph and move.name == BEARD and (beard := models.beard) is not None:
        return lambda image, labels: grown(image, labels, beard, strength)
    if not (models.coarse and strength > 0):
        return None
    if not photograph:
        return partial(_curled, portrait, strength) if _is_curls(move) else None
    if move.name == GLASSES:
        return lambda image, labels: worn(image, labels, strength)
    return partial(_dyed, portrait, DYES[move.name], strength) if move.name in DYES else None


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
        draw = _drawing(move, strength, portrait, models, motion)
        if draw is None:
            known = models.motions[move.name]
            motions.append((known, strength * motion * known.photographs))
        elif drawn := draw(image, labels):
            image, weight = drawn[0], np.maximum(weight, drawn[1])
    if not motions:
        return image, weight, None
    came = origins(combined(motions, labels, portrait.crop is not None))
    seen = moving(came)
    return mix(image, moved(image, came), 1 - seen), np.maximum(weight, seen), came.astype(np.float16)


def _is_curls(move: Translation) -> bool:
    return move.code == HAIR_STYLE and parse(move.name).identifier == CURLY  # also Hs_1_fr_0, as searches call it


def _dyed(portrait: Portrait, dye: Dye, amount: float, image: Image, labels: Labels) -> tuple[Image, Floats] | None:
    """A portrait with dyed hair, which is looked for once for each size."""
    side = len(labels)
    hair = portrait.maps.get(f"hair {side}", lambda: hair_of(resize(portrait.image, side), labels))
    return None if hair is None else dyed(image, hair, dye, amount)


def _curled(portrait: Portrait, strength: float, image: Image, labels: Labels) -> tuple[Image, Floats] | None:
    """A portrait with curls, which are looked for once for each size."""
    side = len(labels)
    curls = portrait.maps.get(f"curls {side}", lambda: curls_of(resize(portrait.image, side), labels))
    return None if curls is None else curled(image, curls, strength)


def _aged(
    portrait: Portrait, ageing: Ageing, amount: float, smoothing: float, motion: float, image: Image, labels: Labels
) -> tuple[Image, Floats] | None:
    """A portrait with older or younger skin; rendered people also get its shape, which photographs would not fit.

    Photographs that become younger lose their own lines alone: the mean ones are not theirs.
    """
    shading = ageing.of(portrait, labels)
    if shading is None:
        return None
    new = np.zeros(labels.shape, np.float32)
    if amount > 0 or portrait.crop is None:
        image, new = shaded(image, labels, shading, amount)
    if smoothing > 0:
        image, smooth = smoothed(image, labels, smoothing)
        new = np.maximum(new, smooth)
    if portrait.crop is not None:
        return image, new
    men, women = ageing.motions
    image, there = shifted(
        image, np.float32(motion * amount) * (men + np.float32(ageing.woman(portrait)) * (women - men))
    )
    return image, np.maximum(new, there)
