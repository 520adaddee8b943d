"""Landmarks of a face: MediaPipe's mesh of 468 points, irises, and outlines made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from pipeline.core.crop import Points, apply
from pipeline.core.settings import packaged

CORNERS = {"left": (33, 133), "right": (362, 263)}
"""Vertices of the eyes' corners, from left to right in the picture."""

_LEAST_PRESENCE = 0.5  # that of MediaPipe
_LARGEST_SPREAD = 0.02  # small, turned and noisy faces of people reach 0.016, those of dogs begin at 0.025
_NOSE, _MOUTH = 1, (61, 291)


@dataclass(frozen=True, eq=False)
class FaceLandmarks:
    """What the mesh sees of a face; left and right are meant in the upright face.

    Attributes:
        points: (468, 3) x, y in pixels of the photo, z towards the back in the same unit.
        presence: Whether there is a face, 0..1; the least of all looks.
        spread: Mean deviation of the looks from each other, share of the face's larger side; 0 after one look.
        irises: By "left" and "right", (5, 2) centre and four points of the rim; none before `FaceMesh.with_irises`.
    """

    points: Points
    presence: float
    spread: float = 0.0
    irises: Mapping[str, Points] | None = None

    @property
    def is_face(self) -> bool:
        """Whether each look saw a face, and all the same one; looks at an animal's differ."""
        return self.presence >= _LEAST_PRESENCE and self.spread <= _LARGEST_SPREAD

    def outline(self, name: str) -> Points:
        """Points (n, 2) around a part, pixels of the photo.

        Args:
            name: lips_outer, lips_inner, oval; left_ or right_ with eye, brow, iris.
        """
        side, _, part = name.partition("_")
        if part == "iris":
            assert self.irises is not None, "irises are asked of FaceMesh.with_irises"
            return self.irises[side][1:]
        return self.points[vertices()["outlines"][name], :2]

    @property
    def five(self) -> Points:
        """Points (5, 2) of a `Face`: centres of the eye contours, tip of the nose, corners of the mouth."""
        eyes = [self.outline(f"{side}_eye").mean(0) for side in CORNERS]
        return np.stack([*eyes, self.points[_NOSE, :2], *self.points[list(_MOUTH), :2]])

    @property
    def ibug_68(self) -> Points:
        """Points (68, 2) in the order of iBUG 300-W."""
        return self.points[vertices()["ibug_68"], :2]

    def mapped(self, matrix: Points) -> "FaceLandmarks":
        """The same landmarks in another picture, by a turn and shift (2, 3) of its pixels."""
        points = np.column_stack([apply(matrix, self.points[:, :2]), self.points[:, 2]])
        irises = self.irises and {side: apply(matrix, iris) for side, iris in self.irises.items()}
        return replace(self, points=points, irises=irises)


@cache
def vertices() -> Mapping[str, Any]:
    """Vertices of parts, as configs/face_mesh.yaml lists them."""
    return packaged("face_mesh.yaml")
