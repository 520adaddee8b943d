"""Photographs in a run: cut into the crops that everything else works on, and given the edits back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.images import read_image
from pipeline.core.types import Image
from pipeline.edit.latent_store import read_crop
from pipeline.edit.requests import NO_EDIT, Item, read_request
from pipeline.photo.paste import recipe_of
from pipeline.run.job import Photographs, portrait_digest

if TYPE_CHECKING:
    from pipeline.core.crop import Crop
    from pipeline.models import Models
    from pipeline.photo.crop_files import CropInfo
    from pipeline.photo.detector import Face
    from pipeline.photo.photo import Photo

ReadPortrait = Callable[[Item], "tuple[Image, Crop | None]"]
"""A photo's aligned picture, uint8 (S, S, 3), and where it lies in the photo; none if the photo is that picture."""


def read_aligned(item: Item) -> "tuple[Image, Crop | None]":
    """A photo that is an aligned picture already."""
    return read_crop(item.path), None


class SourcePhotos:
    """The photographs of a run.

    Args:
        how: Which faces are edited, and whether results may say where a photo was taken.
        steps: Names of the blending steps, for the metadata of results.
    """

    def __init__(self, folder: RunFolder, models: "Models", how: Photographs, steps: Iterable[str]) -> None:
        self._folder, self._models, self._how = folder, models, how
        self._size = models.set.resolution
        self._recipe = recipe_of(models.set, steps)
        self._found: dict[str, list[Face]] = {}
        """Faces by the digests of their photos."""

    def portraits(self, photo: Item, latents: Path | None) -> list[Item]:
        """The face of a photo that is asked for, under the photo's name, or every one, the largest as NAME_1.

        latents: folder with latents of the user, by these names. A photo that cannot be read or shows nobody has one
        portrait, which will say so.
        """
        if self._how.face is not None:
            return [replace(photo, face=self._how.face)]
        first = replace(photo, name=f"{photo.name}_1")
        try:
            note = self._note(first)
            count = note.of if note is not None else len(self._faces(self._open(photo)))
        except BadInput:
            count = 1
        names = {number: f"{photo.name}_{number}" for number in range(1, max(count, 1) + 1)}
        return [
            replace(photo, name=name, face=number, digest=portrait_digest(name, photo.path, latents))
            for number, name in names.items()
        ]

    def read(self, item: Item) -> "tuple[Image, Crop]":
        """The aligned crop of a portrait, found and stored on first use."""
        from pipeline.batch.io_queue import writing
        from pipeline.photo.crop_files import align, store_crop

        note = self._note(item)
        if note is not None:
            try:
                return read_crop(self._folder.crop(item.name)[0]), note.crop
            except BadInput:
                pass  # damaged
        photo = self._open(item)
        image, note = align(photo, item.path, self._faces(photo), self._size, item.face)
        with writing():
            store_crop(self._folder.crop(item.name)[0], image, note)
        return image, note.crop

    def edited(self, photo: Path) -> "EditedPhoto":
        """A photo that edits are to be put back into."""
        return EditedPhoto(self._folder, photo, self._recipe, self._how)

    def _note(self, item: Item) -> "CropInfo | None":
        """The note of a portrait's crop, if there is one and it is about this very photo."""
        from pipeline.photo.crop_files import read_note

        try:
            note = read_note(self._folder.crop(item.name)[0])
            return note if (note.sha256, note.size, note.face) == (sha256(item.path), self._size, item.face) else None
        except (BadInput, OSError):
            return None

    def _open(self, item: Item) -> "Photo":
        from pipeline.photo.photo import read_photo

        return read_photo(item.path)

    def _faces(self, photo: "Photo") -> "list[Face]":
        if photo.digest not in self._found:
            self._found[photo.digest] = self._models.detector.detect(photo.rgb)
        return self._found[photo.digest]


class EditedPhoto:
    """A photo that edits are put back into; it is decoded once, by the first of the tasks that write results."""

    def __init__(self, folder: RunFolder, path: Path, recipe: Mapping[str, Any], how: Photographs) -> None:
        self._folder, self._path, self._recipe, self._how = folder, path, recipe, how
        self._lock = Lock()

    def write(self, edit: str, records: Sequence[Record]) -> None:
        """Store the photo with one edit of its faces.

        Args:
            records: Of the edit, one for each face.
        """
        import numpy as np

        from pipeline.photo.crop_files import read_note
        from pipeline.photo.paste import put_back
        from pipeline.photo.photo import write_photo

        with self._lock:
            result = self._photo
        made = {}
        for record in records:
            folder, path = Path(str(record.image)).parts[0], self._folder.crop(record.portrait)[0]
            with np.load(self._folder.supports(folder, record.portrait)) as stored:
                support = stored[edit].astype(np.float32)
            edited = read_image(self._folder.path / str(record.image))
            result = replace(result, pixels=put_back(result, read_note(path).crop, read_crop(path), edited, support))
            made[record.portrait] = _strengths(edit, record)
        edits: Mapping[str, Any] = made if self._how.face is None else made[records[0].portrait]
        result = replace(result, recipe={**self._recipe, "edits": edits})
        write_photo(self._folder.photo(self._path.stem, edit), result, self._how.gps)

    @cached_property
    def _photo(self) -> "Photo":
        from pipeline.photo.photo import read_photo

        return read_photo(self._path)


def _strengths(edit: str, record: Record) -> dict[str, float]:
    """By identifier; of an edit's one change the one that was found for the portrait."""
    if record.strength is not None:
        return {edit.partition("@")[0]: round(record.strength, 4)}
    return {} if edit == NO_EDIT else {part.identifier: part.strength for part in read_request(edit).parts}
