"""First service: the photo and the five points of each face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import BadInput, BadRequest
from pipeline.core.images import MAX_PIXELS, open_image
from pipeline.enhance.schema import AnalysedFace, AnalyserResponse, LandmarkSet
from pipeline.photo.detector import FaceDetector, open_detector
from pipeline.photo.photo import Photo, read_photo

Points = NDArray[np.float64]
_IMAGE = "args.input_image_1"


@dataclass(frozen=True, eq=False)
class Found:
    """A face to enhance.

    Attributes:
        points: (5, 2), see `LandmarkSet`.
        given: Description by the analyser, or by our detector in the same form.
    """

    points: Points
    given: AnalysedFace


@dataclass(frozen=True, eq=False)
class Prepared:
    """Input of the second service."""

    photo: Photo
    faces: list[Found]


def preprocess(
    path: Path | str,
    analysis: AnalyserResponse | None = None,
    detector: FaceDetector | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Prepared:
    """Read a photo, and take its faces from the analysis or, without one, from the detector.

    Args:
        detector: For a photo without analysis; by default that of model set `faces`.

    Raises:
        BadRequest: The photo is unreadable or without a face, or points are outside it.
    """
    photo = load_photo(path, max_pixels)
    if analysis is not None:
        place = "analysis.output_image_data" + (".{}" if isinstance(analysis.output_image_data, list) else "")
        return Prepared(photo, [_checked(face, photo, place.format(i)) for i, face in enumerate(analysis.faces)])
    detector = detector or open_detector()
    faces = [Found(face.points, _as_analysed(face.points, face.box, face.score)) for face in detector.detect(photo.rgb)]
    if not faces:
        raise BadRequest(_IMAGE, "no face was found in it: add the response of a face analyser, or use another photo.")
    return Prepared(photo, faces)


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
    outline = np.array(landmarks.sixty_eight, np.float64)
    return np.stack([outline[36:42].mean(0), outline[42:48].mean(0), outline[30], outline[48], outline[54]])


def _checked(face: AnalysedFace, photo: Photo, place: str) -> Found:
    points = five_points(face.landmark_set)
    height, width = photo.pixels.shape[:2]
    inside = (points >= 0) & (points <= [width, height])
    if not inside.all(axis=1).any():
        raise BadRequest(f"{place}.landmark_set", f"no point is inside the photo of {width} x {height} pixels.")
    if np.ptp(points, axis=0).max() < 2:
        raise BadRequest(f"{place}.landmark_set", "all points coincide: they must be those of a face.")
    return Found(points, face)


def _as_analysed(points: Points, box: tuple[float, float, float, float], score: float) -> AnalysedFace:
    x, y, width, height = box
    return AnalysedFace.model_validate(
        {"landmark_set": {"5": points.tolist()}, "bounding_box": (x, y, x + width, y + height), "score_set": score}
    )
