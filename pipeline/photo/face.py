"""A face that was found in a photo."""

from dataclasses import dataclass

import numpy as np

from pipeline.core.crop import Points, ffhq_quad
from pipeline.photo.landmarks import FaceLandmarks


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a photo; lengths in pixels of the photo.

    Attributes:
        box: x, y, width, height.
        score: 0..1.
        points: (5, 2) centres of the eyes, tip of the nose, corners of the mouth, each from left to right in the
            upright face.
        landmarks: Those that the points were taken from; None without the mesh.
    """

    box: tuple[float, float, float, float]
    score: float
    points: Points
    landmarks: FaceLandmarks | None = None

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

    @property
    def lies(self) -> bool:
        """Whether the face is turned by more than 60 degrees in the picture."""
        across, down = self.points[1] - self.points[0], self.points[3:].mean(0) - self.points[:2].mean(0)
        upright = np.array([across[0] + down[1], across[1] - down[0]])
        return bool(upright[0] < 0.5 * np.hypot(*upright))


def distance(one: Face, other: Face) -> float:
    """Distance between the middles of two faces, pixels of the photo."""
    return float(np.hypot(*(one.points.mean(0) - other.points.mean(0))))
