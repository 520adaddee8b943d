"""The faces of one photograph, retouched."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.beautify.parsers import Parse
from pipeline.core.types import Image

if TYPE_CHECKING:
    from pipeline.core.crop import Crop
    from pipeline.photo.detector import FaceDetector
    from pipeline.photo.photo import Photo
    from postprocess.steps.beautify import Settings

SMALLEST, LARGEST = 256, 1024
"""Side of the picture in which a face is retouched, pixels."""

LEAST_SKIN = 0.02
"""Share of a picture that is skin if its parsing is to pass for a face."""


@dataclass(frozen=True)
class Retoucher:
    """Retouches faces as `settings` say, by what `parse` sees; a detector finds them, none if pictures are crops."""

    settings: "Settings"
    parse: Parse
    detector: "FaceDetector | None" = None

    def crop(self, image: Image) -> Image:
        """A face that fills its RGB picture (H, W, 3), retouched."""
        from postprocess.steps.beautify import retouch

        return retouch(image, self.parse(image), self.settings)

    def photo(self, photo: "Photo") -> tuple["Photo", list[str]]:
        """The photo with all its faces retouched, and a note about each one that was not, or about none being there.

        Only the difference is put back, so that pixels outside the faces are the photo's, bit by bit. Where the
        detector finds nobody, but the parser sees a face, it is retouched by what that sees.
        """
        from pipeline.photo.paste import put_back

        seen = photo.rgb
        crops, notes = self._crops(photo.name, seen)
        result = photo
        for image, crop in crops:
            result = replace(result, pixels=put_back(result, crop, image, self.crop(image)))
        if crops:
            done = {name: value for name, value in self.settings.model_dump().items() if value}
            result = replace(result, recipe={"beauty": done, "faces": len(crops)})
        return result, notes

    def _crops(self, name: str, seen: Image) -> "tuple[list[tuple[Image, Crop]], list[str]]":
        from pipeline.core.crop import cut
        from pipeline.photo.faces import crop_face, usable_faces

        whole = around(seen)
        if self.detector is None:
            return [(cut(seen, whole), whole)], []
        faces = self.detector.detect(seen)
        numbers, notes = usable_faces(seen, faces, name)
        sides = [int(np.clip(np.ceil(faces[number - 1].side), SMALLEST, LARGEST)) for number in numbers]
        found = [crop_face(seen, faces[number - 1], side) for number, side in zip(numbers, sides, strict=True)]
        if faces:
            return found, notes
        image = cut(seen, whole)
        if is_face(self.parse(image)):
            return [(image, whole)], ["no landmarks are found, so the face is retouched by what the parser sees"]
        return [], ["there is no face, so it stays as it is"]


def around(image: Image) -> "Crop":
    """The square around a whole picture (H, W, 3)."""
    from pipeline.core.crop import Crop, corners

    height, width = image.shape[:2]
    side = max(width, height)
    centre = np.array([width / 2, height / 2]) - 0.5
    signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    return Crop(corners(centre + signs * side / 2), width, height, int(np.clip(side, SMALLEST, LARGEST)))


def is_face(labels: NDArray[np.uint8]) -> bool:
    """Whether labels (H, W) of LaPa show a face: enough skin, a nose, an eye above and a mouth below it."""
    from postprocess.beauty.regions import EYES, LIPS, MOUTH, NOSE, SKIN, part

    rows = [np.flatnonzero(part(labels, *classes).any(1)) for classes in (EYES, (NOSE,), (*LIPS, MOUTH))]
    if not all(map(len, rows)) or part(labels, SKIN).mean() < LEAST_SKIN:
        return False
    eyes, nose, mouth = (float(np.median(each)) for each in rows)
    return eyes < nose < mouth
