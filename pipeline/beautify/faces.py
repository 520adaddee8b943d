"""Retouching of the faces of one photograph."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.beautify.contours import parts_by_landmarks
from pipeline.beautify.parsers import Parse
from pipeline.beautify.parts import Parts, parts_by_labels, parts_by_points
from pipeline.core.colours import is_colourless
from pipeline.core.crop import FFHQ_512, Crop, Points, apply, corners, cut
from pipeline.core.types import Image
from pipeline.photo.detector import FaceDetector
from pipeline.photo.face import Face
from pipeline.photo.face_mesh import FaceMesh
from pipeline.photo.faces import choose_face, crop_face, usable_faces
from pipeline.photo.paste import own_part, put_back
from pipeline.photo.photo import Photo
from postprocess.beauty.regions import EYES, LIPS, part
from postprocess.labels import Lapa

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings

SMALLEST, LARGEST = 256, 1024
"""Smallest and largest side of the crop in which a face is retouched, pixels."""
LEAST_SKIN = 0.02
"""Smallest share of skin in an image that shows a face."""


EFFECTS = {
    "under_eyes": "shadows under the eyes",
    "teeth": "teeth",
    "eyes": "whites of the eyes",
    "iris": "irises",
    "lips": "lips",
}
"""What an effect that is left out would have changed."""
HUES = ("iris", "lips")
"""Effects that give a hue."""


@dataclass(frozen=True)
class Retoucher:
    """Retouches faces by their parsing and, where there is a mesh, by their landmarks.

    Attributes:
        parse: Face parser, RGB uint8 (H, W, 3) to LaPa labels (H, W).
        detector: Face detector; None if images are face crops already.
        mesh: Face mesh; None where it was not fetched.
        trusted: Whether the parser knows photographs, so that a part it does not see is covered.
        only: Number of the one face to retouch, 1 = the largest; None: every face.
    """

    settings: "Settings"
    parse: Parse
    detector: FaceDetector | None = None
    mesh: FaceMesh | None = None
    trusted: bool = False
    only: int | None = None

    def crop(self, image: Image, points: Points | None = None) -> tuple[Image, list[str]]:
        """Retouch a face crop.

        Args:
            image: RGB uint8 (S, S, 3).
            points: (5, 2) as of `Face`, pixels of the crop; None: not known.

        Returns:
            The crop, and a sentence for each reason why effects were left out.
        """
        from postprocess.steps.beautify import retouch

        parts = self._parts(image, points)
        left_out = dict(parts.left_out)
        if is_colourless(image):
            left_out |= dict.fromkeys(HUES, "the picture is black and white")
        reasons: dict[str, list[str]] = {}
        for effect, reason in left_out.items():
            if getattr(self.settings, effect):
                reasons.setdefault(reason, []).append(EFFECTS[effect])
        notes = [f"{' and '.join(names)} left as they are: {reason}" for reason, names in reasons.items()]
        settings = self.settings.model_copy(update=dict.fromkeys(left_out, 0.0))
        return retouch(image, parts.labels, settings, parts.irises), notes

    def photo(self, photo: Photo) -> tuple[Photo, list[str]]:
        """Retouch the faces of a photo; pixels outside the faces keep their exact values.

        Where the detector finds no face, but the parsing of the whole photo shows one, that face is retouched.

        Returns:
            The photo, whose recipe also says which effects were left out and why, and a sentence about each face that
            was left unchanged, or about the missing face.

        Raises:
            BadInput: The one face that is asked for is not there or cannot be used.
        """
        faces, notes = self._faces(photo.name, photo.rgb)
        result, crops, left_out = photo, [face.crop for face in faces], list[str]()
        for face in faces:
            edited, sentences = self.crop(face.image, face.points)
            left_out += [f"face {face.number}: {each}" if len(faces) > 1 else each for each in sentences]
            pixels = put_back(result, face.crop, face.image, edited, own_part(face.crop, crops))
            result = replace(result, pixels=pixels)
        if faces:
            effects = {name: value for name, value in self.settings.model_dump().items() if value}
            recipe = {"beauty": effects, "faces": len(faces)}
            result = replace(result, recipe=recipe | ({"left_out": left_out} if left_out else {}))
        return result, notes

    def _parts(self, image: Image, points: Points | None) -> Parts:
        labels = self.parse(image)
        if self.mesh is not None:
            start = FFHQ_512 * len(image) if points is None else points
            landmarks = self.mesh.landmarks(image, Face((0.0, 0.0, 0.0, 0.0), 1.0, start))
            if landmarks.is_face:
                return parts_by_landmarks(image, labels, self.mesh.with_irises(image, landmarks), self.trusted)
        return parts_by_labels(image, labels) if points is None else parts_by_points(image, labels, points)

    def _faces(self, name: str, rgb: Image) -> tuple[list["_CutOut"], list[str]]:
        whole = around(rgb)
        if self.detector is None:
            return [_CutOut(1, cut(rgb, whole), whole)], []
        faces = self.detector.detect(rgb)
        numbers, notes = usable_faces(rgb, faces, name, only=self.only)
        if faces:
            return [_cut_out(rgb, faces[number - 1], number) for number in numbers], notes
        image = cut(rgb, whole)
        if self.only in (None, 1) and is_face(self.parse(image)):
            return [_CutOut(1, image, whole)], ["no landmarks were found: the face is retouched by its parsing alone"]
        if self.only is not None:
            choose_face(rgb, faces, name, self.only)
        height, width = rgb.shape[:2]
        return [], [f"no face was found in {width} x {height} pixels, so the photo is unchanged"]


@dataclass(frozen=True, eq=False)
class _CutOut:
    """A face of a photo: its number, its crop, and its five points there where a detector found them."""

    number: int
    image: Image
    crop: Crop
    points: Points | None = None


def _cut_out(rgb: Image, face: Face, number: int) -> _CutOut:
    image, crop = crop_face(rgb, face, int(np.clip(np.ceil(face.side), SMALLEST, LARGEST)))
    return _CutOut(number, image, crop, apply(crop.to_crop(), face.points))


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
