"""Retouching of the faces of one photograph."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.beautify.parsers import Parse
from pipeline.core.crop import Crop, corners, cut
from pipeline.core.types import Image
from pipeline.photo.detector import FaceDetector
from pipeline.photo.faces import crop_face, usable_faces
from pipeline.photo.paste import put_back
from pipeline.photo.photo import Photo
from postprocess.beauty.regions import EYES, LIPS, part
from postprocess.labels import Lapa

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings

SMALLEST, LARGEST = 256, 1024
"""Smallest and largest side of the crop in which a face is retouched, pixels."""
LEAST_SKIN = 0.02
"""Smallest share of skin in an image that shows a face."""


@dataclass(frozen=True)
class Retoucher:
    """Retouches faces by their parsing.

    Attributes:
        parse: Face parser, RGB uint8 (H, W, 3) to LaPa labels (H, W).
        detector: Face detector; None if images are face crops already.
    """

    settings: "Settings"
    parse: Parse
    detector: FaceDetector | None = None

    def crop(self, image: Image) -> Image:
        """Retouch a face crop, RGB uint8 (H, W, 3)."""
        from postprocess.steps.beautify import retouch

        return retouch(image, self.parse(image), self.settings)

    def photo(self, photo: Photo) -> tuple[Photo, list[str]]:
        """Retouch all faces of a photo; pixels outside the faces keep their exact values.

        Where the detector finds no face, but the parsing of the whole photo shows one, that face is retouched.

        Returns:
            The photo, and a sentence about each face that was left unchanged, or about the missing face.
        """
        crops, notes = self._crops(photo.name, photo.rgb)
        result = photo
        for image, crop in crops:
            result = replace(result, pixels=put_back(result, crop, image, self.crop(image)))
        if crops:
            effects = {name: value for name, value in self.settings.model_dump().items() if value}
            result = replace(result, recipe={"beauty": effects, "faces": len(crops)})
        return result, notes

    def _crops(self, name: str, rgb: Image) -> tuple[list[tuple[Image, Crop]], list[str]]:
        whole = around(rgb)
        if self.detector is None:
            return [(cut(rgb, whole), whole)], []
        faces = self.detector.detect(rgb)
        numbers, notes = usable_faces(rgb, faces, name)
        sides = [int(np.clip(np.ceil(faces[number - 1].side), SMALLEST, LARGEST)) for number in numbers]
        found = [crop_face(rgb, faces[number - 1], side) for number, side in zip(numbers, sides, strict=True)]
        if faces:
            return found, notes
        image = cut(rgb, whole)
        if is_face(self.parse(image)):
            return [(image, whole)], ["no landmarks were found, so the face is retouched by its parsing alone"]
        return [], ["no face was found, so the photo is unchanged"]


def around(image: Image) -> Crop:
    """The square around a whole image (H, W, 3)."""
    height, width = image.shape[:2]
    side = max(width, height)
    centre = np.array([width / 2, height / 2]) - 0.5
    signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    return Crop(corners(centre + signs * side / 2), width, height, int(np.clip(side, SMALLEST, LARGEST)))


def is_face(labels: NDArray[np.uint8]) -> bool:
    """Whether LaPa labels (H, W) show a face: enough skin, and a nose with an eye above and a mouth below it."""
    rows = [np.flatnonzero(part(labels, *classes).any(1)) for classes in (EYES, (Lapa.NOSE,), (*LIPS, Lapa.MOUTH))]
    if not all(map(len, rows)) or part(labels, Lapa.SKIN).mean() < LEAST_SKIN:
        return False
    eyes, nose, mouth = (float(np.median(each)) for each in rows)
    return eyes < nose < mouth
