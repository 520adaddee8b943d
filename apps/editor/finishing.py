"""What features do to a picture after the blending: to all of the face, not only where an edit may act."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.editor.recipe import Recipe
from pipeline.core.types import Frame, Image, Portrait

if TYPE_CHECKING:
    from apps.editor.studio import Studio

Finish = Callable[["Studio", Recipe, Portrait, Image, bool], Image]
"""A picture of a portrait, uint8 (S, S, 3), to the same as the recipe wants it; quick: it is only a preview."""


def finished(studio: Studio, recipe: Recipe, portrait: Portrait, image: Image, quick: bool = True) -> Image:
    """The picture after all features that have something to do; itself where none has."""
    for finish in studio.finishes if recipe.finish else ():
        image = finish(studio, recipe, portrait, image, quick)
    return image


def finished_frame(studio: Studio, recipe: Recipe, frame: Frame) -> Frame:
    """The same of a blended frame; its support grows by what is changed, so that a paste-back takes it along."""
    from postprocess.masks import changed_beyond

    image = finished(studio, recipe, frame.portrait, frame.image, quick=False)
    return frame if image is frame.image else changed_beyond(frame, image)
