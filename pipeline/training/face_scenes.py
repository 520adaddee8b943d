"""Small scenes with rendered people and their places, for a face detector.

People are cut out of their renders, or pasted with all that is behind them, at any size, onto backgrounds that
hold what is taken for faces: clothes, hair, single parts of faces, fur with dark spots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from pipeline.core.types import Floats, Image
from pipeline.training.data import Renders
from pipeline.training.synthetic_occlusions import obstruct

Rng = np.random.Generator

KNOWN = (18.0, 90.0)
"""Sizes of the faces that are to be found, pixels: root of the area of the box around the oval."""

_DRAWN = (11.0, 110.0)
_UPRIGHT, _OTHERWISE = 50, 75  # degrees: faces turned less are to be found, those turned more are none


@dataclass
class Scene:
    """A picture and its faces.

    Attributes:
        image: (S, S, 3) uint8.
        points: (5, 2) of each face, pixels.
        boxes: Left, top, right, bottom of each face.
        counts: Whether a face is to be found; what is seen of the others does not matter.
    """

    image: Image
    points: list[Floats] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)
    counts: list[bool] = field(default_factory=list)


def draw_scene(people: Renders, rng: Rng, size: int) -> Scene:
    """A scene of `size` pixels with none to three people."""
    scene = Scene(_background(people, rng, size))
    if rng.random() < 0.3:
        scene.image, _ = obstruct(scene.image, rng)
    for _ in range(int(rng.choice(4, p=[0.2, 0.45, 0.23, 0.12]))):
        _place(scene, people, rng)
    if rng.random() < 0.12:
        scene.image, covered = obstruct(scene.image, rng, most=2)
        _hide(scene, covered)
    if rng.random() < 0.08:  # beyond the edge of a photo
        rows = np.s_[:, : int(rng.integers(1, size // 3))]
        edge = np.zeros((size, size), np.float32)
        edge[rows] = 1
        edge = np.ascontiguousarray(np.rot90(edge, int(rng.integers(4))))
        scene.image[edge > 0] = 0
        _hide(scene, edge)
    return scene


def _place(scene: Scene, people: Renders, rng: Rng) -> None:
    """Add one person, or something that is none."""
    i, size = int(rng.integers(len(people.rgb))), len(scene.image)
    rgb, labels, oval = people.rgb[i], people.labels[i], people.oval[i]
    low, high = oval.min(0), oval.max(0)
    wanted = float(np.exp(rng.uniform(*np.log(_DRAWN))))
    zoom = wanted / float(np.sqrt((high - low).prod()))
    upside, part = rng.random() < 0.07, rng.random() < 0.1
    turn = rng.uniform(_OTHERWISE, 360 - _OTHERWISE) if upside else np.clip(rng.normal(0, 16), -_UPRIGHT, _UPRIGHT)
    angle, stretch = np.radians(turn), rng.uniform(0.93, 1.08)
    matrix = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = matrix @ np.diag([stretch * (-1 if rng.random() < 0.5 else 1), 1 / stretch])
    middle = rng.uniform(0.15, 0.85, 2) * size
    if part:  # an eye, a mouth, a nose, half a face: no face
        cover = np.zeros(labels.shape, np.float32)
        width, height = (high - low) * rng.uniform(0.2, 0.5, 2)
        x, y = low + rng.random(2) * (high - low - [width, height])
        cover[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1] = 1
        matrix = matrix * rng.uniform(0.8, 2.0)
        offset = middle - matrix @ [x + width / 2, y + height / 2]
    else:
        whole = people.alone[i] and rng.random() < 0.45
        cover = np.ones(labels.shape, np.float32) if whole else (labels > 0).astype(np.float32)
        offset = middle - matrix @ ((low + high) / 2)
    place = np.column_stack([matrix, offset + 0.5 * matrix.sum(1) - 0.5])  # pixels' middles are whole numbers here
    shown, soft = warped(rgb, cover, place, size, zoom)
    scene.image = np.clip(np.rint(scene.image + soft[..., None] * (shown - scene.image)), 0, 255).astype(np.uint8)
    _hide(scene, soft)
    if upside or part:
        return
    there = oval @ matrix.T + offset
    box = np.concatenate([there.min(0), there.max(0)])
    points = people.points[i] @ matrix.T + offset
    eyes, mouth = points[:2], points[3:]
    flip = np.linalg.det(matrix) < 0
    scene.points.append(np.concatenate([eyes[::-1], points[2:3], mouth[::-1]]) if flip else points)
    scene.boxes.append(box)
    inside = np.prod(np.clip(np.minimum(box[2:], size) - np.maximum(box[:2], 0), 0, None)) / np.prod(box[2:] - box[:2])
    within = ((points > -2) & (points < size + 2)).all()
    scene.counts.append(bool(KNOWN[0] <= np.sqrt(np.prod(box[2:] - box[:2])) <= KNOWN[1] and inside > 0.75 and within))


def warped(rgb: Image, cover: Floats, place: Any, size: int, zoom: float) -> tuple[Floats, Floats]:
    """Picture and cover of a person in a scene, without the jags of a strong reduction."""
    source = rgb.astype(np.float32)
    if zoom < 0.5:
        half = 2 ** int(np.log2(1 / zoom))
        small = (rgb.shape[1] // half, rgb.shape[0] // half)
        source, cover = (cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in (source, cover))
        place = place @ np.array([[half, 0, (half - 1) / 2], [0, half, (half - 1) / 2], [0, 0, 1]])
    shown = cv2.warpAffine(source, place, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown), np.asarray(cv2.warpAffine(cover, place, (size, size), flags=cv2.INTER_LINEAR))


def _hide(scene: Scene, cover: Floats) -> None:
    """Faces that are mostly behind something need not be found."""
    for i, (left, top, right, bottom) in enumerate(np.rint(scene.boxes).astype(int) if scene.boxes else ()):
        there = cover[max(top, 0) : bottom, max(left, 0) : right]
        if there.size and there.mean() > 0.4:
            scene.counts[i] = False


def _background(people: Renders, rng: Rng, size: int) -> Image:
    """Something without a face, (size, size, 3)."""
    kind = rng.choice(5, p=[0.25, 0.3, 0.2, 0.15, 0.1])
    if kind == 0:
        return _clouds(rng, size)
    if kind == 1:
        return _beside_a_face(people, rng, size)
    if kind == 2:
        return _fur(rng, size)
    if kind == 3:
        return _stripes(rng, size)
    return np.full((size, size, 3), rng.integers(0, 256, 3) if rng.random() < 0.7 else 0, np.uint8)


def _clouds(rng: Rng, size: int) -> Image:
    total = rng.uniform(0, 255, 3).astype(np.float32) + np.zeros((size, size, 3), np.float32)
    for cells in (3, 7, 17, 40):
        coarse = rng.normal(0, rng.uniform(0, 40), (cells, cells, 1 if rng.random() < 0.5 else 3)).astype(np.float32)
        method = cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST
        total += cv2.resize(coarse, (size, size), interpolation=method).reshape(size, size, -1)
    return np.clip(total, 0, 255).astype(np.uint8)


def _beside_a_face(people: Renders, rng: Rng, size: int) -> Image:
    """Part of a render around the face: clothes, hair, an ear, what lies behind; turned by quarters."""
    i = int(rng.choice(np.flatnonzero(people.alone)))
    full = people.rgb.shape[1]
    low, high = people.oval[i].min(0), people.oval[i].max(0)
    room = {"above": low[1], "below": full - high[1], "left": low[0], "right": full - high[0]}
    sides = [name for name, pixels in room.items() if pixels > 24]
    if not sides:
        return _clouds(rng, size)
    side = str(rng.choice(sides))
    most = int(min(room[side], full))
    extent = int(rng.integers(20, most + 1)) if most > 20 else most
    along = int(rng.integers(0, full - extent + 1))
    across = int(rng.integers(0, most - extent + 1))
    across = across if side in ("above", "left") else full - most + across
    y, x = (across, along) if side in ("above", "below") else (along, across)
    window = people.rgb[i][y : y + extent, x : x + extent]
    return np.ascontiguousarray(np.rot90(cv2.resize(window, (size, size)), int(rng.integers(4))))


def _fur(rng: Rng, size: int) -> Image:
    """Hair of an animal, often with two dark eyes and a dark nose."""
    base = rng.uniform(20, 250) * np.array([1.0, rng.uniform(0.75, 1.0), rng.uniform(0.5, 1.0)])
    noise = rng.normal(0, 1, (size, size)).astype(np.float32)
    length, angle = int(rng.integers(3, 12)), rng.uniform(0, np.pi)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    ends = np.rint(length * np.array([np.cos(angle), np.sin(angle)])).astype(int)
    cv2.line(kernel, tuple(length - ends), tuple(length + ends), 1.0)
    strands = cv2.filter2D(noise, -1, kernel / kernel.sum())
    patches = cv2.resize(rng.normal(0, 1, (4, 4)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    light = rng.uniform(10, 60) * strands / max(float(strands.std()), 1e-6) + rng.uniform(0, 60) * patches
    image = np.clip(base + light[..., None], 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        _animal(image, rng)
    return image


def _animal(image: Image, rng: Rng) -> None:
    """A head with round dark eyes and a broad dark nose, drawn onto a picture."""
    size, head = len(image), rng.uniform(10, 45)
    x, y = rng.uniform(0.1, 0.9, 2) * size
    turn = rng.normal(0, 0.4)
    coat = tuple(int(v) for v in np.clip(image.reshape(-1, 3).mean(0) * rng.uniform(0.5, 1.5), 0, 255))
    dark = tuple(int(v) for v in rng.integers(0, 60, 3))

    def at(dx: float, dy: float) -> tuple[int, int]:
        return (
            round(x + head * (dx * np.cos(turn) - dy * np.sin(turn))),
            round(y + head * (dx * np.sin(turn) + dy * np.cos(turn))),
        )

    def oval(dx: float, dy: float, width: float, height: float, colour: tuple[int, ...]) -> None:
        axes = max(round(head * width), 1), max(round(head * height), 1)
        cv2.ellipse(image, at(dx, dy), axes, float(np.degrees(turn)), 0, 360, colour, -1, cv2.LINE_AA)

    apart, eye = rng.uniform(0.25, 0.5), rng.uniform(0.07, 0.16)
    if rng.random() < 0.6:
        oval(0, 0, rng.uniform(0.7, 1), rng.uniform(0.8, 1.1), coat)
    if rng.random() < 0.5:  # muzzle
        lighter = tuple(int(v) for v in np.clip(np.array(coat) * rng.uniform(0.7, 1.6), 0, 255))
        oval(0, 0.45, rng.uniform(0.25, 0.45), rng.uniform(0.3, 0.5), lighter)
    for side in (-apart, apart):
        oval(side, -0.2, eye, eye, dark)
        if rng.random() < 0.6:
            cv2.circle(image, at(side + 0.03, -0.23), max(round(head * eye / 4), 1), (220, 220, 220), -1)
    nose = rng.uniform(0.1, 0.2)
    oval(0, rng.uniform(0.25, 0.45), nose * 1.3, nose, dark)
    if rng.random() < 0.5:
        cv2.ellipse(image, at(0, 0.55), (round(head * 0.25), round(head * 0.15)), 0, 0, 180, dark, 1, cv2.LINE_AA)


def _stripes(rng: Rng, size: int) -> Image:
    """Lines, checks and boxes."""
    image = _clouds(rng, size)
    for _ in range(int(rng.integers(3, 40))):
        x, y = rng.integers(-size // 4, size, 2)
        width, height = (rng.uniform(0.02, 0.5, 2) ** 1.5 * size * 2).astype(int) + 1
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            cv2.rectangle(image, (int(x), int(y)), (int(x + width), int(y + height)), colour, -1)
        else:
            cv2.ellipse(image, (int(x), int(y)), (int(width), int(height)), rng.uniform(0, 180), 0, 360, colour, -1)
    return image
