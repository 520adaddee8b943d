"""First service: the photo, and the five points of each face in it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import BadInput, BadRequest
from pipeline.core.images import MAX_PIXELS, open_image
from pipeline.enhance.schema import AnalysedFace, AnalyserResponse, LandmarkSet
from pipeline.photo.detector import FaceDetector
from pipeline.photo.photo import Photo, read_photo

Points = NDArray[np.float64]
_IMAGE = "args.input_image_1"


@dataclass(frozen=True, eq=False)
class Found:
    """A face to enhance. points: (5, 2) as `LandmarkSet` has them · given: what was said about it"""

    points: Points
    given: AnalysedFace


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the next service works on."""

    photo: Photo
    faces: list[Found]


def preprocess(
    path: Path | str,
    analysis: AnalyserResponse | None = None,
    detector: FaceDetector | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Prepared:
    """The photo at `path` and its faces: those of the analysis, or, where there is none, those that are found.

    detector: for a photo without analysis; the one of model set `faces` if none is given. Raises BadRequest for a photo
    that cannot be read or shows no face, and for points that do not lie in it.
    """
    photo = load_photo(path, max_pixels)
    if analysis is not None:
        return Prepared(photo, [_checked(face, photo, place) for face, place in _places(analysis)])
    if detector is None:
        from pipeline.photo.detector import open_detector

        detector = open_detector()
    faces = [Found(face.points, _described(face.points, face.box, face.score)) for face in detector.detect(photo.rgb)]
    if not faces:
        raise BadRequest(_IMAGE, "no face can be found in it: give an analyser's response, or another photo.")
    return Prepared(photo, faces)


def load_photo(path: Path | str, max_pixels: int = MAX_PIXELS) -> Photo:
    """A photo of at most `max_pixels`, which is checked before it is decoded. Raises BadRequest."""
    try:
        with open_image(path, max_pixels):
            pass
        return read_photo(path)
    except BadInput as error:
        raise BadRequest(_IMAGE, str(error)) from error


def five_points(landmarks: LandmarkSet) -> Points:
    """The five points (5, 2), x and y: those given, else of the 68 the means of the eyes' outlines (36-41, 42-47), the
    tip of the nose (30) and the outer corners of the mouth (48, 54)."""
    if landmarks.five is not None:
        return np.array(landmarks.five, np.float64)
    outline = np.array(landmarks.sixty_eight, np.float64)
    return np.stack([outline[36:42].mean(0), outline[42:48].mean(0), outline[30], outline[48], outline[54]])


def _places(analysis: AnalyserResponse) -> list[tuple[AnalysedFace, str]]:
    """Each face with its place in the document."""
    many = isinstance(analysis.output_image_data, list)
    place = "analysis.output_image_data"
    return [
        (face, f"{place}.{index}.landmark_set" if many else f"{place}.landmark_set")
        for index, face in enumerate(analysis.faces)
    ]


def _checked(face: AnalysedFace, photo: Photo, place: str) -> Found:
    points = five_points(face.landmark_set)
    height, width = photo.pixels.shape[:2]
    inside = (points >= 0) & (points <= [width, height])
    if not inside.all(axis=1).any():
        raise BadRequest(place, f"none of its points lies in the photo, which is {width} x {height} pixels.")
    if np.ptp(points, axis=0).max() < 2:
        raise BadRequest(place, "its points are all in one place: give those of a face.")
    return Found(points, face)


def _described(points: Points, box: tuple[float, float, float, float], score: float) -> AnalysedFace:
    """A face of our detector in the analyser's words."""
    x, y, width, height = box
    return AnalysedFace.model_validate(
        {
            "landmark_set": {"5": points.tolist()},
            "bounding_box": (x, y, x + width, y + height),
            "score_set": score,
        }
    )
