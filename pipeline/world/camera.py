"""A perspective camera whose picture is the aligned square of FFHQ about a person's eyes and mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.world.anatomy import Floats
from pipeline.world.landmarks import five_of
from pipeline.world.mesh import Body
from pipeline.world.person import Person


@dataclass(frozen=True)
class Camera:
    """rotation (3, 3): rows point right, up and to the camera; the picture is mid +- x +- y at distance 1."""

    rotation: Floats
    centre: Floats
    distance: float
    mid: Floats
    x: Floats
    y: Floats

    def project(self, points: Floats, size: int) -> Floats:
        """Pixel x, pixel y and distance (dm) of points (..., 3) in a picture of size x size."""
        q = (points - self.centre) @ self.rotation.T
        far = self.distance - q[..., 2]
        flat = np.stack([q[..., 0], -q[..., 1]], -1) / far[..., None] - self.mid
        scale = 1 / (self.x**2).sum()
        axes = [(flat @ axis * scale + 1) * (0.5 * size) for axis in (self.x, self.y)]
        return np.stack([*axes, far], -1).astype(np.float32)

    def place(self, x: float, y: float, far: float, size: int) -> Floats:
        """The point (3,) that is seen at a pixel at a distance: the inverse of `project`."""
        flat = self.mid + (2 * x / size - 1) * self.x + (2 * y / size - 1) * self.y
        q = np.array([flat[0] * far, -flat[1] * far, self.distance - far])
        return np.asarray(self.centre + q @ self.rotation, np.float32)

    @property
    def eye(self) -> Floats:
        """Where the camera stands (3,)."""
        return np.asarray(self.centre + self.rotation[2] * self.distance, np.float32)

    def pixels(self, size: int) -> float:
        """Pixels per dm at the face."""
        return float(size / (2 * np.hypot(*self.x) * self.distance))


def turned(yaw: float, pitch: float) -> Floats:
    """Rotation (3, 3) of a head by degrees: yaw to the person's left, pitch down."""
    a, b = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(about_x @ about_y, np.float32)


def camera_of(person: Person, body: Body) -> Camera:
    """The camera of a person whose shape is `body`; framed as by Karras et al. (FFHQ, CVPR 2019), with `roll`."""
    r = person.stream("camera")
    rotation = turned(person.yaw, person.pitch)
    five = five_of(body)
    centre, distance = five[:2].mean(0), float(np.exp(r.uniform(np.log(6), np.log(18))))
    q = (five[[0, 1, 3, 4]] - centre) @ rotation.T
    flat = np.stack([q[:, 0], -q[:, 1]], 1) / (distance - q[:, 2:])
    eyes, mouth = flat[:2], flat[2:]
    middle, across, down = eyes.mean(0), eyes[1] - eyes[0], mouth.mean(0) - eyes.mean(0)
    x = across - down[::-1] * [-1, 1]
    x *= max(np.hypot(*across) * 2.0, np.hypot(*down) * 1.8) / np.hypot(*x)
    turn = np.radians(person.roll)
    x = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) @ x
    return Camera(rotation, centre, distance, middle + down * 0.1, x, x[::-1] * [-1, 1])
