"""The shell of a head: coordinates in which hair and hats are described, whatever the face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from scipy.ndimage import map_coordinates

from pipeline.world.anatomy import Floats, anatomy
from pipeline.world.kernels import growth
from pipeline.world.mesh import Body

CENTRE = np.array([0, 7.5, 0.15], np.float32)
"""Of the head, dm."""


@dataclass(frozen=True)
class Shell:
    """A smooth surface about head and shoulders: `radius` (60, 64) over height coordinate and angle about CENTRE.

    The height coordinate is the angle of elevation above the centre, and dm below it.
    """

    radius: Floats

    def points(self, height: Floats, angle: Floats, off: float | Floats) -> Floats:
        """Points (..., 3) at a distance `off` the surface (dm)."""
        up, flat = np.maximum(height, 0), np.cos(np.maximum(height, 0))
        outward = np.stack([flat * np.sin(angle), np.sin(up), flat * np.cos(angle)], -1)
        base = CENTRE + np.stack([0 * up, np.minimum(height, 0), 0 * up], -1)
        row = (height - growth.SHELL_LOW) / (growth.SHELL_HIGH - growth.SHELL_LOW) * 59
        column = (angle / (2 * np.pi) + 0.5) * 64
        rows = np.clip(row, 0, 59)
        r = map_coordinates(
            np.pad(self.radius, ((0, 0), (0, 1)), mode="wrap"), [rows.ravel(), (column % 64).ravel()], order=1
        )
        return np.asarray(base + outward * (r.reshape(rows.shape) + off)[..., None], np.float32)

    def coordinates(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Height coordinate, angle and radius of points (..., 3)."""
        x, y, z = np.moveaxis(points - CENTRE, -1, 0)
        flat = np.hypot(x, z)
        return np.where(y > 0, np.arctan2(y, flat), y), np.arctan2(x, z), np.where(y > 0, np.hypot(flat, y), flat)


def shell_of(body: Body, ears: bool = True) -> Shell:
    """The shell of a body, with or without its ears."""
    data = anatomy()
    s = np.linspace(growth.SHELL_LOW, growth.SHELL_HIGH, 60)
    angle = (np.arange(64) / 64 - 0.5) * 2 * np.pi
    rise, turn = np.meshgrid(s, angle, indexing="ij")
    up = np.maximum(rise, 0)
    outward = np.stack([np.cos(up) * np.sin(turn), np.sin(up), np.cos(up) * np.cos(turn)], -1).reshape(-1, 3)
    base = CENTRE + np.stack([0 * rise, np.minimum(rise, 0), 0 * rise], -1).reshape(-1, 3)
    kept = (data.masks["ears"][data.coarse_triangles] < 0.5).any(1) | ears
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(body.skin[data.coarse_triangles[kept]]))
    distance = scene.run((base + 4 * outward).astype(np.float32), (-outward).astype(np.float32), query="DISTANCE")
    radius = np.clip(4 - np.asarray(distance), 0.3, 4).reshape(60, 64)
    shoulder = np.interp(s, (-3.0, -1.6, -1.2, 0), (1.25, 1.1, 1.2, 4.0))[:, None]
    front = np.maximum(0, np.cos(angle))[None] * np.interp(s, (-2, -1.4), (0.5, 0.0))[:, None]
    radius = np.minimum(radius, shoulder + front)
    wide = np.concatenate([radius[:, -8:], radius, radius[:, :8]], 1).astype(np.float32)
    return Shell(np.ascontiguousarray(cv2.GaussianBlur(wide, (0, 0), 1.2)[:, 8:-8], np.float32))
