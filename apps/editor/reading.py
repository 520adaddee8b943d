"""Photos and crops from files, one after the other: one that cannot be read does not keep the others from it.

For the import thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.editor.photographs import Photograph, look
from apps.editor.studio import Studio
from pipeline.core.errors import BadInput
from pipeline.core.types import Image

if TYPE_CHECKING:
    from pipeline.detector import Face, FaceDetector


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
    """Reads with the studio's detector, opened when it is first needed."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._detector: FaceDetector | None = None

    def samples(self, folder: Path, count: int) -> Iterator[Found]:
        """The sample portraits, made in `folder` where they are not there from the last time."""
        from apps.demo import render_portraits
        from pipeline.latents import read_crop

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
        if self._detector is None:
            from pipeline.faces import open_detector

            self._detector = open_detector()
        return self._detector.detect(image)
