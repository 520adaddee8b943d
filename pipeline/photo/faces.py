"""Choice of a face in a photo, and its aligned images for edits and for restoration."""

from collections.abc import Sequence

from pipeline.core.crop import SIZE, Crop, Points, corners, cut, ffhq_quad, template_quad
from pipeline.core.errors import BadInput
from pipeline.core.types import Image
from pipeline.photo.detector import Face

RESTORATION_SIZE = 512
"""Side of the aligned images for face restorers, pixels."""

SMALLEST = 64
"""Smallest side of a face's aligned square, pixels of the photo."""

LEAST_INSIDE = 0.4
"""Smallest share of the aligned square inside the photo."""


def choose_face(faces: Sequence[Face], name: str, number: int = 1) -> Face:
    """Face `number` of those found in the photo `name`, 1 = the largest; raises BadInput if it cannot be edited."""
    if not faces:
        raise BadInput(f"No face can be found in {name}: use a photo that shows one upright, from the front, in focus.")
    if not 1 <= number <= len(faces):
        many = "is 1 face" if len(faces) == 1 else f"are {len(faces)} faces"
        raise BadInput(f"There {many} in {name}, numbered from the largest: there is no face {number}.")
    face = faces[number - 1]
    if face.side < SMALLEST:
        raise BadInput(
            f"The face in {name} is too small, its square only {face.side:.0f} pixels wide instead of {SMALLEST}: "
            "use the photo at its full size, or one taken from nearer."
        )
    if face.turned:
        raise BadInput(f"The face in {name} is turned to the side: use a photo that shows both eyes.")
    return face


def crop_face(photo: Image, face: Face, size: int = SIZE) -> tuple[Image, Crop]:
    """The aligned image of a face, uint8 (size, size, 3), and its position in the RGB photo (H, W, 3).

    Raises:
        BadInput: Most of it lies beyond the photo's edge.
    """
    return _cut(photo, ffhq_quad(face.points), size)


def crop_restoration_face(photo: Image, face: Face, size: int = RESTORATION_SIZE) -> tuple[Image, Crop]:
    """As `crop_face`, aligned to the template `FFHQ_512` of face restorers."""
    return _cut(photo, template_quad(face.points), size)


def _cut(photo: Image, quad: Points, size: int) -> tuple[Image, Crop]:
    crop = Crop(corners(quad), photo.shape[1], photo.shape[0], size)
    if crop.validity().mean() < LEAST_INSIDE:
        raise BadInput("Most of the face lies beyond the photo's edge: use a photo that shows all of it.")
    return cut(photo, crop), crop
