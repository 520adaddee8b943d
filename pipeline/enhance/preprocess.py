"""First service: the photo and the five points of each face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.crop import five_of_ibug
from pipeline.core.errors import BadInput, BadRequest
from pipeline.core.images import MAX_PIXELS, open_image
from pipeline.core.types import Image
from pipeline.enhance.schema import AnalysedFace, AnalyserResponse, LandmarkSet, LeftOut
from pipeline.photo.detector import FaceDetector, open_detector
from pipeline.photo.face import Face
from pipeline.photo.faces import usable_faces
from pipeline.photo.photo import Photo, read_photo

Points = NDArray[np.float64]
_FARTHEST = 1e9  # a point's coordinates, pixels
_IMAGE, _ANALYSIS = "args.input_image_1", "analysis.output_image_data"


@dataclass(frozen=True, eq=False)
class Found:
    """A face in a photo.

    Attributes:
        number: From the largest one, or in the analysis' order; 1 is the first.
        points: (5, 2), see `LandmarkSet`.
        given: Description by the analyser, or by our detector in the same form.
    """

    number: int
    points: Points
    given: AnalysedFace


@dataclass(frozen=True, eq=False)
class Prepared:
    """Input of the second service.

    Attributes:
        image: The photo in sRGB, uint8 (H, W, 3).
        faces: Those to enhance.
        left_out: Those that cannot be.
    """

    photo: Photo
    image: Image
    faces: list[Found]
    left_out: list[LeftOut]


def preprocess(
    path: Path | str,
    analysis: AnalyserResponse | None = None,
    detector: FaceDetector | None = None,
    max_pixels: int = MAX_PIXELS,
    only: int | None = None,
) -> Prepared:
    """Read a photo, and take its faces from the analysis or, without one, from the detector.

    Args:
        detector: For a photo without analysis; by default that of the user's configuration.
        only: Number of the one face to enhance; None: all that can be.

    Raises:
        BadRequest: The photo is unreadable or without a face that can be enhanced, or points are outside it.
    """
    photo = load_photo(path, max_pixels)
    image = photo.rgb
    if analysis is None:
        place, order = _IMAGE, "from the largest"
        found = _searched(image, detector or open_detector())
    else:
        place, order = _ANALYSIS, "as the analysis has them"
        found = _given(image, analysis)
    if only is not None and only > len(found):
        many = "is 1 face" if len(found) == 1 else f"are {len(found)} faces"
        raise BadRequest("settings.face", f"there {many} in the photo, numbered {order}: choose one of them.")
    faces = [Face((0.0, 0.0, 0.0, 0.0), 1.0, each.points) for each in found]  # only the points decide
    try:
        numbers, sentences = usable_faces(image, faces, photo.name, 1, only)
    except BadInput as error:
        raise BadRequest("settings.face", str(error)) from error
    if not numbers:
        raise BadRequest(place, " ".join(sentences))
    others = [] if only is not None else [each.number for each in found if each.number not in numbers]
    left_out = [LeftOut(number=number, reason=reason) for number, reason in zip(others, sentences, strict=True)]
    return Prepared(photo, image, [found[number - 1] for number in numbers], left_out)


def load_photo(path: Path | str, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read a photo; raises BadRequest if it is unreadable or, before decoding, if it exceeds `max_pixels`."""
    try:
        with open_image(path, max_pixels):
            pass
        return read_photo(path)
    except BadInput as error:
        raise BadRequest(_IMAGE, str(error)) from error


def five_points(landmarks: LandmarkSet) -> Points:
    """Five points (5, 2), x and y: as given, else from the 68: means of the eyes (36-41, 42-47), 30, 48 and 54."""
    if landmarks.five is not None:
        return np.array(landmarks.five, np.float64)
    return five_of_ibug(np.array(landmarks.sixty_eight, np.float64))


def _searched(image: Image, detector: FaceDetector) -> list[Found]:
    faces = detector.detect(image)
    if not faces:
        height, width = image.shape[:2]
        reason = f"no face was found in its {width} x {height} pixels"
        raise BadRequest(_IMAGE, f"{reason}: add the response of a face analyser, or use another photo.")
    return [Found(number, face.points, _as_analysed(face)) for number, face in enumerate(faces, 1)]


def _given(image: Image, analysis: AnalyserResponse) -> list[Found]:
    place = _ANALYSIS + (".{}" if isinstance(analysis.output_image_data, list) else "")
    return [
        Found(number, _points(face, image, place.format(number - 1)), face)
        for number, face in enumerate(analysis.faces, 1)
    ]


def _points(face: AnalysedFace, image: Image, place: str) -> Points:
    points = five_points(face.landmark_set)
    height, width = image.shape[:2]
    if np.abs(points).max() > _FARTHEST:
        raise BadRequest(f"{place}.landmark_set", f"it has a point far outside the photo of {width} x {height} pixels.")
    inside = (points >= 0) & (points <= [width, height])
    if not inside.all(axis=1).any():
        raise BadRequest(f"{place}.landmark_set", f"no point is inside the photo of {width} x {height} pixels.")
    if np.ptp(points, axis=0).max() < 2:
        raise BadRequest(f"{place}.landmark_set", "all points coincide: they must be those of a face.")
    return points


def _as_analysed(face: Face) -> AnalysedFace:
    x, y, width, height = face.box
    points = {"5": face.points.tolist(), "68": face.landmarks.ibug_68.tolist() if face.landmarks else None}
    return AnalysedFace.model_validate(
        {"landmark_set": points, "bounding_box": (x, y, x + width, y + height), "score_set": face.score}
    )
