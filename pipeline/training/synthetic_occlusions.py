"""Random obstacles in front of a face, with their masks: hands, sticks, cups, scarves, strands of hair, blobs.

Many kinds of obstacles teach a net the appearance of a face instead of that of the obstacles.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.core.types import Floats, Image

Mask = npt.NDArray[np.uint8]
Point = npt.NDArray[np.float64]
Rng = np.random.Generator
_SHIFT = 4  # OpenCV's fixed point: sixteenths of a pixel


def obstruct(image: Image, rng: Rng, most: int = 3) -> tuple[Image, Floats]:
    """A copy of an image (S, S, 3) with 1..`most` obstacles, and their coverage of each pixel (S, S) in 0..1."""
    size = len(image)
    result = image.astype(np.float32)
    covered = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, most + 1))):
        mask = np.zeros((size, size), np.uint8)
        _SHAPES[int(rng.integers(len(_SHAPES)))](mask, size, rng)
        cover: Floats = np.asarray(mask / np.float32(255), np.float32)
        if rng.random() < 0.3:  # out of focus
            blur = float(rng.uniform(0.5, 2.5)) * size / 256
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), blur), np.float32)
        if rng.random() < 0.5:
            shadow = cv2.GaussianBlur(cover, (0, 0), size * float(rng.uniform(0.01, 0.05)))
            result *= 1 - float(rng.uniform(0.1, 0.5)) * shadow[:, :, None]
        result += cover[:, :, None] * (_surface(image, cover, rng) - result)
        covered = np.asarray(1 - (1 - covered) * (1 - cover), np.float32)
    return np.clip(np.rint(result), 0, 255).astype(np.uint8), covered


def _surface(image: Image, cover: Floats, rng: Rng) -> Floats:
    """Shaded pixels of an obstacle, (S, S, 3) in 0..255: skin of the image's colour, plain, striped or checked."""
    size = len(image)
    kind = rng.random()
    if kind < 0.25:  # skin of the same person, or of another
        middle = image[size // 3 : 2 * size // 3, size // 3 : 2 * size // 3].reshape(-1, 3)
        base = np.median(middle, axis=0) * rng.uniform(0.75, 1.2) + rng.normal(0, 8, 3)
    else:
        base = rng.uniform(0, 255, 3)
    surface = np.broadcast_to(base.astype(np.float32), (size, size, 3)).copy()
    if kind > 0.5:
        cells = int(rng.integers(2, 40))
        other = rng.uniform(0, 255, 3)
        coarse = rng.random((cells, max(cells // int(rng.integers(1, 8)), 1))).astype(np.float32)
        if rng.random() < 0.4:  # stripes and checks
            coarse = np.rint(coarse)
        method = cv2.INTER_NEAREST if rng.random() < 0.3 else cv2.INTER_LINEAR
        pattern = cv2.resize(coarse, (size, size), interpolation=method)
        surface += float(rng.uniform(0.1, 1)) * pattern[:, :, None] * (other - base).astype(np.float32)
    # Round objects are darker towards their border.
    depth = cv2.GaussianBlur(cover, (0, 0), size * 0.03)
    surface *= 1 - float(rng.uniform(0, 0.6)) * (1 - depth)[:, :, None]
    fall = rng.normal(0, 0.3, 2)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    surface *= (1 + fall[0] * x + fall[1] * y)[:, :, None]
    grain = float(rng.uniform(0, 6)) * rng.standard_normal((size, size, 1), dtype=np.float32)
    return np.asarray(surface + grain, np.float32)


def _fixed(points: Point) -> list[npt.NDArray[np.int32]]:
    return [np.rint(points * 2**_SHIFT).astype(np.int32)]


def _fill(mask: Mask, outline: Point) -> None:
    cv2.fillPoly(mask, _fixed(outline), 255, cv2.LINE_AA, _SHIFT)


def _line(mask: Mask, points: Point, width: float) -> None:
    cv2.polylines(mask, _fixed(points), False, 255, max(round(width), 1), cv2.LINE_AA, _SHIFT)


def _pixel(point: Point) -> list[int]:
    return np.rint(point).astype(int).tolist()


def _place(size: int, rng: Rng) -> Point:
    """Random point on the face or beside it, x and y in pixels."""
    return np.asarray(size * rng.uniform([0.15, 0.2], [0.85, 0.95]))


def _towards_the_edge(place: Point, size: int, rng: Rng) -> Point:
    """Unit vector from a place towards the border, the likely origin of an arm or stick."""
    away = place - size * np.array([0.5, 0.4]) + rng.normal(0, 0.2 * size, 2)
    return np.asarray(away / max(float(np.hypot(*away)), 1e-6))


def _hand(mask: Mask, size: int, rng: Rng) -> None:
    """A palm with fingers and an arm."""
    palm = _place(size, rng)
    along = _towards_the_edge(palm, size, rng)
    across = np.array([-along[1], along[0]])
    width = size * rng.uniform(0.08, 0.16)
    _line(mask, np.stack([palm, palm + along * size]), 1.5 * width)
    cv2.circle(mask, _pixel(palm), round(width), 255, -1, cv2.LINE_AA)
    for finger in np.linspace(-0.8, 0.8, int(rng.integers(1, 6))):
        root = palm + finger * width * across
        bent = -along + (finger * 0.5 + rng.normal(0, 0.15)) * across
        middle = root + bent * width * rng.uniform(0.8, 1.6)
        end = middle + (bent + rng.normal(0, 0.3) * across) * width * rng.uniform(0.4, 1.2)
        _line(mask, np.stack([root, middle, end]), 0.42 * width)


def _stick(mask: Mask, size: int, rng: Rng) -> None:
    """A stick, mostly with a head: microphone, spoon, lollipop."""
    head = _place(size, rng)
    along = _towards_the_edge(head, size, rng)
    thickness = size * rng.uniform(0.01, 0.06)
    _line(mask, np.stack([head, head + along * size]), thickness)
    if rng.random() < 0.7:
        axes = _pixel(thickness * rng.uniform(1, 2.5, 2) + 1)
        turn = float(np.degrees(np.arctan2(along[1], along[0])))
        cv2.ellipse(mask, _pixel(head), axes, turn, 0, 360, 255, -1, cv2.LINE_AA)


def _cup(mask: Mask, size: int, rng: Rng) -> None:
    """A cup, glass or telephone: a tapered box with round or sharp corners."""
    middle, half = _place(size, rng), size * rng.uniform([0.06, 0.08], [0.2, 0.28])
    turn, taper = rng.normal(0, 0.35), rng.uniform(0.7, 1.1)
    box = np.array([[-1, -1], [1, -1], [taper, 1], [-taper, 1]]) * half
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    outline = middle + box @ rotation.T
    _fill(mask, outline)
    if rng.random() < 0.5:
        _line(mask, np.vstack([outline, outline[:1]]), size * rng.uniform(0.01, 0.06))


def _scarf(mask: Mask, size: int, rng: Rng) -> None:
    """Cloth across the image: a scarf over the chin, a mask, the brim of a cap, a bandage."""
    x = np.linspace(-0.05, 1.05, 12) * size
    height = size * (rng.uniform(0.62, 0.95) if rng.random() < 0.7 else rng.uniform(0.1, 0.6))
    wave = size * (rng.normal(0, 0.05) * (2 * x / size - 1) ** 2 + rng.normal(0, 0.1) * (x / size - 0.5))
    upper = height + wave + rng.normal(0, 0.006 * size, 12)
    lower = size * 1.1 if height > 0.6 * size and rng.random() < 0.6 else upper + size * rng.uniform(0.05, 0.2)
    _fill(mask, np.concatenate([np.stack([x, upper], 1), np.stack([x, np.broadcast_to(lower, x.shape)], 1)[::-1]]))


def _strands(mask: Mask, size: int, rng: Rng) -> None:
    """Strands of hair in the face."""
    root = size * rng.uniform([0.1, -0.05], [0.9, 0.3])
    fall = size * np.array([rng.normal(0, 0.2), rng.uniform(0.3, 0.9)])
    bend = size * rng.normal(0, 0.15)
    for _ in range(int(rng.integers(3, 30))):
        t = np.linspace(0, 1, 12)[:, None]
        start = root + rng.normal(0, 0.05 * size, 2)
        end = fall + rng.normal(0, 0.05 * size, 2)
        path = start + t * end + np.hstack([4 * bend * t * (1 - t), 0 * t])
        _line(mask, path, size * rng.uniform(0.004, 0.03))


def _blob(mask: Mask, size: int, rng: Rng) -> None:
    """A star-shaped polygon, its corners sharp or rounded."""
    middle = _place(size, rng)
    corners = int(rng.integers(3, 14))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = size * rng.uniform(0.05, 0.25) * rng.uniform(0.5, 1.2, corners)
    _fill(mask, middle + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1))
    if rng.random() < 0.5:
        mask[:] = np.where(cv2.GaussianBlur(mask, (0, 0), size * 0.02) > 127, 255, 0)


_SHAPES: tuple[Callable[[Mask, int, Rng], None], ...] = (_hand, _stick, _cup, _scarf, _strands, _blob)
