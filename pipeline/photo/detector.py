"""Finding faces in photos, their five points exact enough to align by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.crop import Crop, Points, apply, corners, ffhq_quad
from pipeline.core.model_sets import net_for_photographs
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set

_SIDES = (640, 1920)  # what the detector is shown: it finds faces whose square is a fifteenth of that, and larger ones
_ROUNDS, _UPRIGHT, _AROUND = 4, 480, 1.5  # looks at each face, size of the picture it is shown, its squares wide


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a photo. box: x, y, width, height · score: 0..1 · points: (5, 2) centres of the eyes, tip of the nose,
    corners of the mouth, each from left to right in the picture; all in pixels of the photo."""

    box: tuple[float, float, float, float]
    score: float
    points: Points

    @property
    def side(self) -> float:
        """Side of the aligned square, pixels of the photo."""
        quad = ffhq_quad(self.points)
        return float(np.hypot(*(quad[1] - quad[0])))

    @property
    def turned(self) -> bool:
        """Whether the head is turned so far that the tip of the nose is not between the eyes."""
        eye_left, eye_right, nose = self.points[:3]
        across = eye_right - eye_left
        place = float((nose - eye_left) @ across / max(float(across @ across), 1e-9))
        return not 0.0 < place < 1.0


class FaceDetector:
    """YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023) as OpenCV runs it; for one thread."""

    def __init__(self, path: Path, score: float = 0.6) -> None:
        import cv2

        with _quiet():
            self._net: Any = cv2.FaceDetectorYN.create(str(path), "", (320, 320), score)

    def detect(self, image: Image) -> list[Face]:
        """Faces of an RGB photo (H, W, 3), the largest first.

        The detector draws the points of a tilted face too level, the more so the smaller it is: so each face is turned
        upright by what was found, looked at again larger, and so on. What is then not seen again was no face.
        """
        found: list[Face] = []
        for side in _SIDES:
            scale = min(side / max(image.shape[:2]), 1.0)
            for face in self._look(_resized(image, scale), 1 / scale):
                if _is_new(face, found) and (better := self._refined(image, face)) and _is_new(better, found):
                    found.append(better)
            if scale == 1.0:
                break
        return sorted(found, key=lambda face: -face.side)

    def _refined(self, image: Image, face: Face) -> Face | None:
        import cv2

        for _ in range(_ROUNDS):
            quad = ffhq_quad(face.points)
            wider = quad.mean(0) + _AROUND * (quad - quad.mean(0))
            matrix = Crop(corners(wider), image.shape[1], image.shape[0], _UPRIGHT).to_photo()
            flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
            upright = cv2.warpAffine(image, matrix, (_UPRIGHT, _UPRIGHT), flags=flags)
            again = [
                Face(face.box, one.score, apply(matrix, one.points))
                for one in self._look(np.asarray(upright, np.uint8), 1.0)
            ]
            nearest = min(again, key=lambda one: _distance(one, face), default=None)
            if nearest is None or _distance(nearest, face) > face.side / 4:
                return None
            moved = float(np.abs(nearest.points - face.points).max())
            face = nearest
            if moved < 0.005 * face.side:
                break
        return face

    def _look(self, image: Image, scale: float) -> list[Face]:
        height, width = image.shape[:2]
        with _quiet():
            self._net.setInputSize((width, height))
            rows = self._net.detect(np.ascontiguousarray(image[..., ::-1]))[1]
        return [_face(row.astype(np.float64), scale) for row in (() if rows is None else rows)]


def open_detector(set_name: str | None = None) -> FaceDetector:
    """The detector of a model set, by default that for photographs; MissingWeights, naming the command, if not here."""
    net = net_for_photographs("detector")
    return FaceDetector(locate(model_set(set_name or net.models), net.role))


def _face(row: Any, scale: float) -> Face:
    """A row of the detector: box, points, score."""
    x, y, width, height = (float(value) for value in row[:4] * scale)
    return Face((x, y, width, height), float(row[14]), row[4:14].reshape(5, 2) * scale)


def _is_new(face: Face, others: list[Face]) -> bool:
    return all(_distance(face, other) > min(face.side, other.side) / 4 for other in others)


def _distance(one: Face, other: Face) -> float:
    return float(np.hypot(*(one.points.mean(0) - other.points.mean(0))))


def _resized(image: Image, scale: float) -> Image:
    import cv2

    if scale == 1.0:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


class _quiet:
    """Keeps OpenCV from telling the user about its backends."""

    def __enter__(self) -> None:
        import cv2

        self._before = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

    def __exit__(self, *_: object) -> None:
        import cv2

        cv2.utils.logging.setLogLevel(self._before)
