"""Photos and crops from files, one after the other: one that cannot be read does not keep the others from it.

For the import thread.
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
    from pipeline.photo.detector import Face


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture that was read, uint8 (H, W, 3). faces: found in it, the largest first, none in a crop"""

    name: str
    image: Image
    path: Path
    faces: Sequence[Face] = ()

    def problem(self, number: int) -> str:
        """Why face `number` (1 = the largest) cannot be edited; empty when it can."""
        from pipeline.photo.faces import choose_face

        try:
            choose_face(self.faces, self.path.name, number)
        except BadInput as error:
            return str(error)
        return ""

    @property
    def usable(self) -> list[int]:
        """Numbers of the faces that can be edited."""
        return [number for number in range(1, len(self.faces) + 1) if not self.problem(number)]

    def cut(self, number: int, size: int) -> tuple[Image, Crop]:
        """The aligned crop of a face, uint8 (size, size, 3), and where it lies; BadInput when it cannot be edited."""
        from pipeline.photo.faces import choose_face, crop_face

        return crop_face(self.image, choose_face(self.faces, self.path.name, number), size)


def look(path: Path, detect: Detect) -> Photograph:
    """Read a picture and find its faces; a square that shows one as FFHQ would is a crop already, and has none.

    Without the detector, when `detect` raises MissingWeights, every square is a crop. Raises BadInput for what cannot
    be read or shows nobody, MissingWeights, naming the command, for other photos.
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
                f"Only square crops open without the face detector, and {path.name} is none. {error}"
            ) from error
        faces = []
    if square and (not faces or _fills(faces[0], len(image))):
        return Photograph(path.stem, read_crop(path), path)
    found = Photograph(path.stem, image, path, faces)
    if not found.usable:
        choose_face(faces, path.name)
    return found


def _fills(face: Face, side: int) -> bool:
    """Whether a square picture of this side shows the face about as FFHQ would."""
    import numpy as np

    from pipeline.core.crop import ffhq_quad

    middle = ffhq_quad(face.points).mean(0) / side - 0.5
    return float(np.abs(middle).max()) <= CENTRED and FILLED[0] <= face.side / side <= FILLED[1]


@dataclass(frozen=True, eq=False)
class Taken:
    """A crop that was read or cut out, uint8 (S, S, 3). crop: where it lies in the photo, or none · first: of what the
    user asked for, which wants to be looked at"""

    name: str
    image: Image
    path: Path
    crop: object | None = None
    first: bool = False


Found = Taken | Photograph | Exception
"""A crop, a photo of several people of whom somebody has to choose, or why there is neither."""


class Reader:
    """Reads with the detector of the studio's models."""

    def __init__(self, studio: RenderContext) -> None:
        self._studio = studio

    def samples(self, folder: Path, count: int) -> Iterator[Found]:
        """The sample portraits, made in `folder` where they are not there from the last time."""
        from pipeline.edit.latent_store import read_crop
        from pipeline.world.samples import render_portraits

        paths = [folder / f"portrait_{number}.png" for number in range(1, count + 1)]
        if not all(path.is_file() for path in paths):
            render_portraits(folder, count)
        for path in paths:
            yield Taken(path.stem, read_crop(path), path)

    def read(self, given: Sequence[Path]) -> Iterator[Found]:
        """What is in files, and in all images of folders."""
        from pipeline.core.images import list_images

        first = True
        for place in given:
            try:
                paths = list_images(place) if place.is_dir() else [place]
                if not paths:
                    raise BadInput(f"There are no images in {place}.")
            except Exception as error:
                yield error
                continue
            for path in paths:
                try:
                    found = look(path, self._detect)
                    if len(found.usable) > 1:
                        yield found
                        continue
                    if found.faces:
                        yield from self.cut(found, found.usable, first)
                    else:
                        yield Taken(found.name, found.image, path, first=first)
                    first = False
                except Exception as error:
                    yield error

    def cut(self, photograph: Photograph, numbers: Sequence[int], first: bool = True) -> Iterator[Found]:
        """The crops of these faces of a photo, 1 = the largest."""
        self._studio.open()
        for number in numbers:
            image, crop = photograph.cut(number, self._studio.models.set.resolution)
            name = photograph.name if len(photograph.faces) == 1 else f"{photograph.name} {number}"
            yield Taken(name, image, photograph.path, crop, first)
            first = False

    def _detect(self, image: Image) -> list[Face]:
        """The faces of a photo; MissingWeights until the detector is fetched."""
        self._studio.open()
        return self._studio.models.detector.detect(image)


Detect = Callable[[Image], "list[Face]"]


CENTRED, FILLED = 0.12, (0.75, 1.35)
"""How far, as a share of its side, the middle of a crop may be from that of its face's aligned square, and how wide
that square may be: what differs more is a photo, whose face is aligned anew."""
