"""Photos are read, and the faces in them become crops. For the import thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.types import Image

if TYPE_CHECKING:
    from pipeline.detector import Face
    from projection.crop import Crop

Detect = Callable[[Image], "list[Face]"]

CENTRED, FILLED = 0.12, (0.75, 1.35)
"""How far, as a share of its side, the middle of a crop may be from that of its face's aligned square, and how wide
that square may be: what differs more is a photo, whose face is aligned anew."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture that was read, uint8 (H, W, 3). faces: found in it, the largest first, none in a crop"""

    name: str
    image: Image
    path: Path
    faces: Sequence[Face] = ()

    def problem(self, number: int) -> str:
        """Why face `number` (1 = the largest) cannot be edited; empty when it can."""
        from pipeline.faces import choose_face

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
        from pipeline.faces import choose_face, crop_face

        return crop_face(self.image, choose_face(self.faces, self.path.name, number), size)


def look(path: Path, detect: Detect) -> Photograph:
    """Read a picture and find its faces; a square that shows one as FFHQ would is a crop already, and has none.

    Without the detector, when `detect` raises MissingWeights, every square is a crop. Raises BadInput for what cannot
    be read or shows nobody, MissingWeights, naming the command, for other photos.
    """
    from pipeline.core.images import read_image
    from pipeline.faces import choose_face
    from pipeline.latents import read_crop

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

    from projection.crop import ffhq_quad

    middle = ffhq_quad(face.points).mean(0) / side - 0.5
    return float(np.abs(middle).max()) <= CENTRED and FILLED[0] <= face.side / side <= FILLED[1]
