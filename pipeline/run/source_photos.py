"""Photographs of a run: cropped to aligned faces, and written again with the edits pasted back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import writing
from pipeline.batch.manifest import Record
from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.images import read_image
from pipeline.core.types import Image
from pipeline.edit.latent_store import read_crop
from pipeline.edit.requests import NO_EDIT, Item, read_request
from pipeline.models import Models
from pipeline.photo.crop_files import CropInfo, align, read_note, store_crop
from pipeline.photo.face import Face
from pipeline.photo.paste import own_part, put_back, recipe_of
from pipeline.photo.photo import Photo, read_photo, write_photo
from pipeline.run.job import Photographs, portrait_digest
from pipeline.run.supports import read_support

ReadCrop = Callable[[Item], tuple[Image, Crop | None]]
"""Reads an aligned crop, uint8 (S, S, 3), and its place in its photo; None if the file is the crop."""


def read_aligned(item: Item) -> tuple[Image, Crop | None]:
    """Read a file that is an aligned crop already."""
    return read_crop(item.path), None


class SourcePhotos:
    """The photographs of a run.

    Args:
        settings: Which faces are edited, and whether results keep GPS positions.
        steps: Names of the blending steps, for the metadata of results.
    """

    def __init__(self, folder: RunFolder, models: Models, settings: Photographs, steps: Iterable[str]) -> None:
        self._folder, self._models, self._settings = folder, models, settings
        self._size = models.set.crop_size
        self._recipe = recipe_of(models.set, steps)
        self._found: dict[str, list[Face]] = {}
        """Faces by the digests of their photos."""

    def portraits(self, photo: Item, latents: Path | None) -> list[Item]:
        """The requested face of a photo under the photo's name, or all faces as NAME_1 (the largest), NAME_2, ...

        A photo that is unreadable or without a face has one portrait, for which the error is recorded.

        Args:
            latents: Folder with latents of the user by these names, or None.
        """
        if self._settings.face is not None:
            return [replace(photo, photo=photo.name, face=self._settings.face)]
        first = replace(photo, name=f"{photo.name}_1")
        try:
            note = self._crop_info(first)
            count = note.of if note is not None else len(self._faces(read_photo(photo.path)))
        except BadInput:
            count = 1
        names = {number: f"{photo.name}_{number}" for number in range(1, max(count, 1) + 1)}
        return [
            replace(photo, name=name, photo=photo.name, face=number, digest=portrait_digest(name, photo.path, latents))
            for number, name in names.items()
        ]

    def read(self, item: Item) -> tuple[Image, Crop]:
        """The aligned crop of a portrait, made and stored on first use; raises BadInput if there is no such face."""
        note = self._crop_info(item)
        if note is not None:
            try:
                return read_crop(self._folder.crop(item.name)[0]), note.crop
            except BadInput:
                pass  # damaged
        photo = read_photo(item.path)
        image, note = align(photo, item.path, self._faces(photo), self._size, item.face)
        with writing():
            store_crop(self._folder.crop(item.name)[0], image, note)
        return image, note.crop

    def edited(self, name: str, photo: Path) -> "EditedPhoto":
        """The photo at a path, to paste edits into, whose results have this name."""
        return EditedPhoto(self._folder, name, photo, self._recipe, self._settings)

    def _crop_info(self, item: Item) -> CropInfo | None:
        """The stored information about a portrait's crop, if it was cut from this photo, size and face."""
        try:
            note = read_note(self._folder.crop(item.name)[0])
            return note if (note.sha256, note.size, note.face) == (sha256(item.path), self._size, item.face) else None
        except (BadInput, OSError):
            return None

    def _faces(self, photo: Photo) -> list[Face]:
        if photo.digest not in self._found:
            self._found[photo.digest] = self._models.detector.detect(photo.rgb)
        return self._found[photo.digest]


class EditedPhoto:
    """A photo to paste edits into, decoded once by the first of its writing tasks."""

    def __init__(
        self, folder: RunFolder, name: str, path: Path, recipe: Mapping[str, Any], settings: Photographs
    ) -> None:
        self._folder, self._name, self._path, self._recipe, self._settings = folder, name, path, recipe, settings
        self._lock = Lock()

    def write(self, edit: str, records: Sequence[Record]) -> None:
        """Write the photo with one edit of its faces, given the records of that edit, one for each face."""
        with self._lock:
            result = self._photo
        strengths: dict[str, dict[str, float | None]] = {}
        files = [self._folder.crop(record.portrait)[0] for record in records]
        crops = [read_note(file).crop for file in files]
        for record, file, crop in zip(records, files, crops, strict=True):
            folder = Path(str(record.image)).parts[0]
            kept = read_support(self._folder.supports(folder, record.portrait), edit)
            if kept is None:
                raise BadInput(f"The support of {edit} of {record.portrait} is not there: run it again.")
            support = kept.support
            if (own := own_part(crop, crops)) is not None:
                support = support * own
            edited = read_image(self._folder.path / str(record.image))
            result = replace(result, pixels=put_back(result, crop, read_crop(file), edited, support, kept.motion))
            strengths[record.portrait] = _strengths(edit, record)
        edits: Mapping[str, Any] = strengths if self._settings.face is None else strengths[records[0].portrait]
        result = replace(result, recipe={**self._recipe, "edits": edits})
        write_photo(self._folder.photo(self._name, edit), result, self._settings.gps)

    @cached_property
    def _photo(self) -> Photo:
        return read_photo(self._path)


def _strengths(edit: str, record: Record) -> dict[str, float | None]:
    """Strength by identifier; for an edit with one change, the strength found for the portrait."""
    if record.strength is not None:
        return {edit.partition("@")[0]: round(record.strength, 4)}
    return {} if edit == NO_EDIT else {part.identifier: part.strength for part in read_request(edit).parts}
