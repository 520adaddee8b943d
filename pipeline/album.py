"""Photographs in a run: cut into the crops that everything else works on, and given the edits back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.types import Frame, Image, Portrait
from pipeline.job import Item
from pipeline.latents import read_crop
from pipeline.run_folder import CROPS, PHOTOS, RunFolder

if TYPE_CHECKING:
    from pipeline.detector import FaceDetector
    from pipeline.models import Models
    from pipeline.photos import Photo
    from projection.crop import Crop

ReadPortrait = Callable[[Item], "tuple[Image, Crop | None]"]
"""A photo's aligned picture, uint8 (S, S, 3), and where it lies in the photo; none if the photo is that picture."""


def read_aligned(item: Item) -> "tuple[Image, Crop | None]":
    """A photo that is an aligned picture already."""
    return read_crop(item.path), None


@dataclass(frozen=True)
class Album:
    """The photographs of a run.

    size: side of the crops, pixels · gps: whether results may say where the photo was taken · recipe: what is noted in
    every result, besides its edits
    """

    folder: RunFolder
    size: int
    gps: bool
    recipe: dict[str, Any]

    @cached_property
    def _detector(self) -> "FaceDetector":
        from pipeline.faces import open_detector

        return open_detector()

    def read(self, item: Item) -> "tuple[Image, Crop]":
        """The aligned crop of a photo's largest face, found and stored on first use."""
        from pipeline.crops import align, read_note, store_crop
        from pipeline.photos import read_photo
        from pipeline.stream import writing

        path = self.folder.path / CROPS / f"{item.name}.png"
        try:
            note = read_note(path)
            if (note.sha256, note.size) == (sha256(item.path), self.size):
                return read_crop(path), note.crop
        except (BadInput, OSError):
            pass  # not there, or no longer of this photo
        photo = read_photo(item.path)
        image, note = align(photo, item.path, self._detector.detect(photo.rgb), self.size)
        with writing():
            store_crop(path, image, note)
        return image, note.crop

    def photo(self, item: Item) -> "Photo":
        """The photo itself, in full."""
        from pipeline.photos import read_photo

        return read_photo(item.path)

    def path(self, portrait: str, edit: str) -> Path:
        """Where an edited photo lies."""
        return self.folder.image(PHOTOS, portrait, edit)

    def write(self, photo: "Photo", frame: Frame) -> None:
        """Put an edit back into its photo and store that."""
        from pipeline.photos import write_photo

        write_photo(self.path(frame.portrait.name, frame.edit.name), paste(photo, frame, self.recipe), self.gps)


def paste(photo: "Photo", frame: Frame, recipe: Mapping[str, Any]) -> "Photo":
    """The photo with a finished frame of its crop; `recipe` is noted, and the edit's moves with it."""
    from pipeline.faces import paste_back

    crop = crop_of(frame.portrait)
    pixels = paste_back(photo.pixels, crop, frame.portrait.image, frame.image, frame.support)
    moves = {move.name: round(float(strength), 4) for move, strength in frame.edit.moves}
    return replace(photo, pixels=pixels, recipe={**recipe, "edits": moves})


def crop_of(portrait: Portrait) -> "Crop":
    """Where a portrait lies in its photo; BadInput when it is not cut from one."""
    from projection.crop import Crop

    if not isinstance(portrait.crop, Crop):
        raise BadInput(f"{portrait.name} was not cut from a photo.")
    return portrait.crop


def recipe_of(models: "Models", steps: Iterable[str]) -> dict[str, Any]:
    """What is noted in an edited photo besides its edits."""
    return {"models": models.set.name, "space": models.set.space, "steps": list(steps)}
