"""Edits that a photograph takes without the generator's picture: its own pixels move, or grow a beard.

How pixels move and where beards grow is known from rendered people, whose generator is too coarse for photographs.
"""

from dataclasses import replace
from typing import Protocol

import numpy as np

from pipeline.core.types import Edit, Floats, Image, PixelMotion, Portrait
from postprocess.labels import Labels
from postprocess.masks import mix
from postprocess.own_pixels.beards import HasBeard, grown
from postprocess.own_pixels.motions import HasMotions, combined, moved, moving, origins

BEARD = "Bd_1"


class EditsPixels(HasMotions, HasBeard, Protocol):
    """Opened models with motions and a beard."""


def divided(edit: Edit, portrait: Portrait, models: EditsPixels) -> tuple[Edit, Edit]:
    """The moves of an edit that `edited` makes, only those of photographs, and the others that the generator makes."""
    photograph = portrait.crop is not None
    own = tuple(move for move in edit.moves if photograph and _known(move[0].name, models))
    others = tuple(move for move in edit.moves if move not in own)
    return replace(edit, moves=own), replace(edit, moves=others)


def _known(name: str, models: EditsPixels) -> bool:
    return name in models.motions or (name == BEARD and models.beard is not None)


def edited(
    image: Image, labels: Labels, edit: Edit, models: EditsPixels, motion: float
) -> tuple[Image, Floats, PixelMotion | None]:
    """A picture of a portrait with the moves that `divided` has found.

    Args:
        image: The portrait, or another edit of it, uint8 (S, S, 3).
        labels: Classes of the portrait, (S, S).
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
        else:
            known = models.motions[move.name]
            motions.append((known, strength * motion * known.photographs))
    if not motions:
        return image, weight, None
    came = origins(combined(motions, labels))
    seen = moving(came)
    return mix(image, moved(image, came), 1 - seen), np.maximum(weight, seen), came.astype(np.float16)
