"""MediaPipe's nets that see the landmarks of a face: the mesh of 468 points, eye contours and irises."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.crop import Points, apply, ffhq_quad
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.landmarks import CORNERS, FaceLandmarks, vertices
from pipeline.photo.opencv_nets import TfliteNet, is_fetched, net_file, square_map, warped

__all__ = ["FaceLandmarks", "FaceMesh", "open_face_mesh"]  # the first is what the mesh gives: callers need one import

_SIZE, _EYE_SIZE = 192, 64  # of the pictures that the nets take, pixels
_FIRST, _SIDES, _WIDE = 0.82, (0.9, 1.0), 1.25  # of the squares of each look, share of the aligned square's side
_DOWN = 0.13  # from the middle of the aligned square to that of the mesh's square, share of its side
_EYE_SIDE = 2.3  # of the square around an eye, share of the distance of its corners


class FaceMesh:
    """MediaPipe's face and iris nets (Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on
    Mobile GPUs", 2019; Ablavatski et al., "Real-time Pupil Tracking from Monocular Video", 2020); for one thread."""

    def __init__(self, path: Path, iris: Path | None = None) -> None:
        self._net = TfliteNet(path, "conv2d_21", "conv2d_31")
        self._iris = None if iris is None else TfliteNet(iris, "output_iris", "output_eyes_contours_and_brows")

    def look(self, image: Image, centre: Any, side: float, angle: float) -> FaceLandmarks:
        """Landmarks of the face in a square, as of `square_map`, of an RGB photo (H, W, 3), in one pass."""
        matrix = square_map(centre, side, angle, _SIZE)
        values, logit = self._net(warped(image, matrix, _SIZE))
        points = values.reshape(-1, 3).astype(np.float64)
        presence = 1 / (1 + np.exp(-np.clip(float(logit.reshape(-1)[0]), -100, 100)))
        return FaceLandmarks(np.column_stack([apply(matrix, points[:, :2]), points[:, 2] * side / _SIZE]), presence)

    def landmarks(self, image: Image, face: Face) -> FaceLandmarks:
        """Landmarks of a face of an RGB photo (H, W, 3): the mean of two looks, which scatters less than one.

        The first look is where the detector's five points are, the two where that sees the face; a last one is wider
        and tells, as the first does, whether there is a face.
        """
        first = self._look_around(image, face.points, _FIRST)
        looks = [self._look_around(image, first.five, side) for side in (*_SIDES, _WIDE)]
        seen = np.stack([one.points for one in (*looks, first)])
        size = np.ptp(first.points[:, :2], axis=0).max()
        spread = float(seen[..., :2].std(0).mean() / max(size, 1e-9))
        return FaceLandmarks(seen[: len(_SIDES)].mean(0), min(one.presence for one in (*looks, first)), spread)

    def with_irises(self, image: Image, landmarks: FaceLandmarks) -> FaceLandmarks:
        """The landmarks with irises and eye contours as the iris net sees them; unchanged without that net."""
        if self._iris is None:
            return landmarks
        points, irises = landmarks.points.copy(), {}
        for side, ends in CORNERS.items():
            left, right = points[list(ends), :2]
            across = right - left
            matrix = square_map((left + right) / 2, _EYE_SIDE * np.hypot(*across), np.arctan2(*across[::-1]), _EYE_SIZE)
            if side == "right":  # the net knows one eye: the other is shown in a mirror
                matrix = np.column_stack([-matrix[:, 0], matrix[:, 1], matrix[:, 2] + matrix[:, 0] * _EYE_SIZE])
            iris, contour = self._iris(warped(image, matrix, _EYE_SIZE))
            contours = vertices()["iris_contour"][side]
            points[contours, :2] = apply(matrix, contour.reshape(-1, 3)[: len(contours), :2])
            irises[side] = apply(matrix, iris.reshape(-1, 3)[:, :2])
        return replace(landmarks, points=points, irises=irises)

    def _look_around(self, image: Image, points: Points, side: float) -> FaceLandmarks:
        quad = ffhq_quad(points)
        across, down = quad[3] - quad[0], quad[1] - quad[0]
        return self.look(image, quad.mean(0) + _DOWN * down, side * np.hypot(*across), np.arctan2(*across[::-1]))


def open_face_mesh() -> FaceMesh | None:
    """The mesh for photographs, with the iris net where that was fetched; None where the mesh was not.

    Raises:
        MissingWeights: A file is here and not the declared one.
    """
    if not is_fetched("landmarks"):
        return None
    return FaceMesh(net_file("landmarks"), net_file("iris") if is_fetched("iris") else None)
