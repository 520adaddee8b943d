"""Photos and crops from files, in the import thread: reading, face detection, aligned crops.

An unreadable file does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.editor.threads.render_context import RenderContext
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.types import Image

if TYPE_CHECKING:
    from pipeline.core.crop import Crop
    from pipeline.photo.face import Face

MAX_OFFSET, RELATIVE_SIDE = 0.12, (0.75, 1.35)
"""Aligned squares of the face that make a square picture a crop: largest distance of the centres and range of the side,
both as shares of the picture's side; other square pictures are photos, whose face is aligned."""


@dataclass(frozen=True, eq=False)
class ImportedPhoto:
    """A picture read from a file.

    Attributes:
        image: uint8 (H, W, 3).
        faces: Detected faces, largest first; empty for a crop.
    """

    name: str
    image: Image
    path: Path
    faces: Sequence[Face] = ()

    def problem(self, number: int) -> str:
        """Reason why face `number` (1 = the largest) cannot be edited, or empty."""
        from pipeline.photo.faces import choose_face

        try:
            choose_face(self.image, self.faces, self.path.name, number)
        except BadInput as error:
            return str(error)
        return ""

    @property
    def usable(self) -> list[int]:
        """Numbers of the faces that can be edited."""
        return [number for number in range(1, len(self.faces) + 1) if not self.problem(number)]

    def crop_face(self, number: int, size: int) -> tuple[Image, Crop]:
        """The aligned crop of a face, uint8 (size, size, 3), and its transform; BadInput if it cannot be edited."""
        from pipeline.photo.faces import choose_face, crop_face

        return crop_face(self.image, choose_face(self.image, self.faces, self.path.name, number), size)


@dataclass(frozen=True, eq=False)
class ImportedCrop:
    """A crop read from a file or cut out of a photo.

    Attributes:
        image: uint8 (S, S, 3).
        path: File of the crop or of its photo.
        crop: Transform from the photo to the crop, if it was cut out.
        first: First of the user's selection: shown at once.
    """

    name: str
    image: Image
    path: Path
    crop: object | None = None
    first: bool = False


Imported = ImportedCrop | ImportedPhoto | Exception
"""A crop, a photo of several faces to choose from, or the error of a file."""


def load_photo(path: Path, detect: Callable[[Image], list[Face]]) -> ImportedPhoto:
    """Read a picture and detect its faces; a square picture framed like FFHQ's, or without a detector, is a crop.

    Args:
        detect: Finds faces, largest first; raises MissingWeights without a detector.

    Raises:
        BadInput: The file cannot be read, or shows no face that can be edited.
        MissingWeights: A photo that is not square, without a detector.
    """
    from pipeline.core.images import read_image
    from pipeline.edit.latent_store import read_crop
    from pipeline.photo.faces import choose_face

    image = read_image(path)
    square = image.shape[0] == image.shape[1]
    try:
        faces = detect(image)
    except MissingWeights as error:
        if not square:
            raise MissingWeights(
                f"Only square crops open without the face detector, and {path.name} is not square. {error}"
            ) from error
        faces = []
    if square and (not faces or _is_aligned(faces[0], len(image))):
        return ImportedPhoto(path.stem, read_crop(path), path)
    photo = ImportedPhoto(path.stem, image, path, faces)
    if not photo.usable:
        choose_face(image, faces, path.name)
    return photo


def _is_aligned(face: Face, side: int) -> bool:
    """Whether a square picture, `side` pixels wide, frames the face like FFHQ within the tolerances above."""
    import numpy as np

    from pipeline.core.crop import ffhq_quad

    offset = ffhq_quad(face.points).mean(0) / side - 0.5
    return float(np.abs(offset).max()) <= MAX_OFFSET and RELATIVE_SIDE[0] <= face.side / side <= RELATIVE_SIDE[1]


class PhotoReader:
    """Reader of photos, with the face detector of the context's models."""

    def __init__(self, context: RenderContext) -> None:
        self._context = context

    def read_samples(self, count: int) -> Iterator[Imported]:
        """The first sample portraits."""
        from pipeline.edit.latent_store import read_crop
        from pipeline.world.samples import studio_pictures

        for number, path in enumerate(studio_pictures()[:count], 1):
            yield ImportedCrop(f"portrait_{number}", read_crop(path), path)

    def read(self, places: Sequence[Path]) -> Iterator[Imported]:
        """The crops and photos of files, and of all images of folders; errors are returned as items."""
        from pipeline.batch.inputs import left_out
        from pipeline.core.images import list_images

        first = True
        for place in places:
            try:
                paths, others = list_images(place) if place.is_dir() else ([place], [])
                if others:
                    yield BadInput(f"{left_out(others)}.")
                if not paths:
                    raise BadInput(f"There are no images in {place}.")
            except Exception as error:
                yield error
                continue
            for path in paths:
                try:
                    photo = load_photo(path, self._detect)
                    if len(photo.usable) > 1:
                        yield photo
                        continue
                    if photo.faces:
                        yield from self.crop_faces(photo, photo.usable, first)
                    else:
                        yield ImportedCrop(photo.name, photo.image, path, first=first)
                    first = False
                except Exception as error:
                    yield error

    def crop_faces(self, photo: ImportedPhoto, numbers: Sequence[int], first: bool = True) -> Iterator[Imported]:
        """The crops of these faces of a photo, 1 = the largest; BadInput for a face that cannot be edited."""
        self._context.open()
        for number in numbers:
            image, crop = photo.crop_face(number, self._context.models.set.crop_size)
            name = photo.name if len(photo.faces) == 1 else f"{photo.name} {number}"
            yield ImportedCrop(name, image, photo.path, crop, first)
            first = False

    def _detect(self, image: Image) -> list[Face]:
        self._context.open()
        return self._context.models.detector.detect(image)
