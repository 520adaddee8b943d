"""Choice of a face in a photo, and its aligned images for edits and for restoration."""

import math
from collections.abc import Sequence
from dataclasses import replace

from pipeline.core.crop import SIZE, Crop, Points, corners, cut, ffhq_quad, template_quad
from pipeline.core.errors import BadInput
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.tiles import is_panorama

RESTORATION_SIZE = 512
"""Side of the aligned images for face restorers, pixels."""

SMALLEST = 64
"""Smallest side of a face's aligned square, pixels of the photo."""

SMALLEST_DELIVERED = 8
"""Smallest side of `delivered`, pixels."""

LEAST_INSIDE = 0.4
"""Smallest share of the aligned square inside the photo."""


def choose_face(photo: Image, faces: Sequence[Face], name: str, number: int = 1, smallest: int = SMALLEST) -> Face:
    """Face `number` of those found in a photo (H, W, 3), 1 = the largest; raises BadInput if it cannot be used.

    Args:
        name: Name of the photo in the sentence.
        smallest: Smallest side of a face's square, pixels; only restoration takes smaller faces than SMALLEST.
    """
    if not faces:
        raise BadInput(_no_face(photo, name))
    if not 1 <= number <= len(faces):
        many = "is 1 face" if len(faces) == 1 else f"are {len(faces)} faces"
        raise BadInput(f"There {many} in {name}, numbered from the largest: there is no face {number}.")
    face = faces[number - 1]
    which = "The face" if len(faces) == 1 else f"Face {number}"
    if face.side < smallest:
        raise BadInput(
            f"{which} in {name} is too small, its square only {math.floor(face.side)} pixels wide instead of "
            f"{smallest}: use the photo at its full size, or one taken from nearer."
        )
    if face.turned:
        raise BadInput(f"{which} in {name} is turned to the side: use a photo that shows both eyes.")
    crop = Crop(corners(ffhq_quad(face.points)), photo.shape[1], photo.shape[0], SMALLEST)
    if crop.validity().mean() < LEAST_INSIDE:
        most = "the face" if len(faces) == 1 else f"face {number}"
        raise BadInput(f"Most of {most} in {name} lies beyond the photo's edge: use a photo that shows all of it.")
    return face


def usable_faces(
    photo: Image, faces: Sequence[Face], name: str, smallest: int = SMALLEST, only: int | None = None
) -> tuple[list[int], list[str]]:
    """Numbers of the usable faces, and a sentence about each other one: the rule of every command.

    Args:
        only: Number of the one face that is asked for; None: all.

    Raises:
        BadInput: The face that is asked for is not there or cannot be used.
    """
    if only is not None and faces:
        choose_face(photo, faces, name, only, smallest)
        return [only], []
    usable, sentences = [], []
    for number in range(1, len(faces) + 1):
        try:
            choose_face(photo, faces, name, number, smallest)
            usable.append(number)
        except BadInput as error:
            sentences.append(str(error))
    return usable, sentences


def crop_face(photo: Image, face: Face, size: int = SIZE) -> tuple[Image, Crop]:
    """The aligned image of a face, uint8 (size, size, 3), and its position in the RGB photo (H, W, 3).

    Raises:
        BadInput: Most of it lies beyond the photo's edge.
    """
    return _cut(photo, ffhq_quad(face.points), size)


def crop_restoration_face(photo: Image, face: Face, size: int = RESTORATION_SIZE) -> tuple[Image, Crop]:
    """As `crop_face`, aligned to the template `FFHQ_512` of face restorers."""
    return _cut(photo, template_quad(face.points), size)


def delivered(crop: Crop, upscale: int = 1) -> Crop:
    """The crop at the resolution at which its face is delivered: that of the photo times `upscale`, at most its own."""
    return replace(crop, size=min(crop.size, max(round(crop.side * upscale), SMALLEST_DELIVERED)))


def _cut(photo: Image, quad: Points, size: int) -> tuple[Image, Crop]:
    crop = Crop(corners(quad), photo.shape[1], photo.shape[0], size)
    if crop.validity().mean() < LEAST_INSIDE:
        raise BadInput("Most of the face lies beyond the photo's edge: use a photo that shows all of it.")
    return cut(photo, crop), crop


def _no_face(photo: Image, name: str) -> str:
    height, width = photo.shape[:2]
    advice = "use a photo that shows one upright, from the front, in focus"
    if is_panorama(photo):
        advice = "cut out the part that shows one"
    return f"No face can be found in {name} of {width} x {height} pixels: {advice}."
