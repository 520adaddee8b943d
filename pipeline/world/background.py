"""What lies behind a person: plain walls, rooms, windows, foliage, skies and streets, out of focus."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.world.anatomy import Floats
from pipeline.world.light import kelvin, tint
from pipeline.world.person import Person
from pipeline.world.stream import Stream

SIDE = 128  # pixels at which it is painted

KINDS = ("plain", "gradient", "room", "window", "foliage", "sky", "street", "bokeh", "boards")
CHANCES = {
    "studio": (0.35, 0.65, 0, 0, 0, 0, 0, 0, 0),
    "wild": (0.10, 0.12, 0.22, 0.12, 0.13, 0.08, 0.09, 0.07, 0.07),
}


def background(person: Person, size: int) -> Floats:
    """Linear RGB (size, size, 3)."""
    r = person.stream("background")
    kind = str(r.choice(KINDS, p=CHANCES[person.look]))
    image = np.ones((SIDE, SIDE, 3), np.float32) * _tone(r, 0.02, 0.8)
    y, x = (np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)).astype(np.float32)
    if kind in ("plain", "gradient"):
        spot = np.hypot(x - r.uniform(0.1, 0.9), y - r.uniform(0.0, 0.8))
        image *= (1.25 - r.uniform(0.1, 1.0) * spot * (0.25 if kind == "plain" else 1))[..., None]
        if person.look == "wild":
            image *= 1 + 0.08 * _cloud(r, 12)[..., None]
    elif kind == "sky":
        high, low = (
            np.array([0.18, 0.36, 0.75]) * r.uniform(0.6, 1.6),
            np.array([0.7, 0.78, 0.85]) * r.uniform(0.6, 1.5),
        )
        if r.random() < 0.3:
            low = low * [1.3, 0.8, 0.5]
        image[:] = high + (low - high) * (y[..., None] ** 0.7)
        image += np.clip(_cloud(r, 4, 4) - r.uniform(0, 1), 0, 1)[..., None] * 0.7
        horizon = r.uniform(0.45, 1.3)
        ridge = horizon + 0.06 * _cloud(r, 6, 3)[0][None]
        image = np.where(
            (y > ridge)[..., None], _tone(r, 0.03, 0.4) * [0.8, 1, 0.7] * (1 + 0.2 * _cloud(r, 24)[..., None]), image
        )
    elif kind == "foliage":
        image[:] = np.array([0.05, 0.10, 0.03]) * r.uniform(0.5, 2) * tint(r, 0.25)
        for _ in range(r.integers(200, 500)):
            centre = tuple(int(v) for v in r.integers(0, SIDE, 2))
            axes = tuple(int(v) for v in r.integers(1, 8, 2))
            green = np.array([0.09, 0.16, 0.035]) * np.exp(r.normal(0, 0.7)) * tint(r, 0.2)
            cv2.ellipse(image, centre, axes, float(r.uniform(0, 180)), 0, 360, green.tolist(), -1)
        image += (np.clip(_cloud(r, 16) - 1.3, 0, 1) * r.uniform(0, 2.5))[..., None] * np.array([0.9, 1.0, 0.8])
    else:
        _boxes(r, image, kind)
    blur = r.uniform(0.3, 6) if person.look == "wild" else r.uniform(2, 6)
    image = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), blur)
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(image * np.float32(np.exp(r.normal(0, 0.25))), 0.004, None).astype(np.float32)


def _tone(r: Stream, low: float, high: float) -> Floats:
    return float(np.exp(r.uniform(np.log(low), np.log(high)))) * tint(r, 0.15)


def _cloud(r: Stream, cells: int, octaves: int = 2) -> Floats:
    out = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        small = r.standard_normal((cells * 2**octave, cells * 2**octave), np.float32)
        out += cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) / np.float32(1.8**octave)
    return out


def _boxes(r: Stream, image: Floats, kind: str) -> None:
    """Paint a room, a window, a street, lights or boards, in place."""

    def box(x: float, y: float, w: float, h: float, colour: Floats) -> None:
        cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), np.asarray(colour).tolist(), -1)

    wall = _tone(r, 0.08, 0.7)
    image[:] = wall
    if kind == "boards":
        step, across = int(r.integers(5, 30)), r.random() < 0.5
        for i in range(0, SIDE, step):
            box(0, i, SIDE, step, wall * np.exp(r.normal(0, 0.15)))
            box(0, i, SIDE, 1, wall * 0.4)
        image[:] = image.transpose(1, 0, 2).copy() if across else image
        return
    if kind in ("room", "window"):
        image[:] = wall * np.linspace(1.15, 0.75, SIDE, dtype=np.float32)[:, None, None]
        if r.random() < 0.6:  # a corner
            image[:, r.integers(0, SIDE) :] *= np.float32(r.uniform(0.5, 0.9))
        if r.random() < 0.5:  # floor or table
            box(0, r.uniform(70, 125), SIDE, SIDE, _tone(r, 0.03, 0.4))
        for _ in range(r.integers(1, 6)):  # doors, shelves, pictures
            x, y, w, h = r.uniform(-20, SIDE), r.uniform(-20, 90), r.uniform(8, 50), r.uniform(10, 90)
            box(x, y, w, h, _tone(r, 0.02, 0.5))
            if r.random() < 0.5:
                box(x + 2, y + 2, w - 4, h - 4, _tone(r, 0.03, 0.8))
            for i in range(int(r.integers(0, 14))):
                box(x + i * w / 14, y + h * 0.3, w / 16, h * r.uniform(0.2, 0.5), _tone(r, 0.02, 0.7))
    if kind == "window":
        x, y, w, h = r.uniform(-30, 90), r.uniform(-30, 20), r.uniform(30, 80), r.uniform(50, 120)
        box(x - 3, y - 3, w + 6, h + 6, wall * 1.2)
        day = np.array([0.9, 1.0, 1.1]) * r.uniform(1.0, 4.0)
        box(x, y, w, h, day)
        for i in range(1, int(r.integers(1, 5))):
            box(x + i * w / 4, y, 2, h, wall * 0.9)
        box(x, y + h / 2, w, 2, wall * 0.9)
        if r.random() < 0.4:
            for i in range(0, int(h), 6):
                box(x, y + i, w, 2, wall)
    if kind == "street":
        image[:] = np.array([0.55, 0.65, 0.8]) * r.uniform(0.3, 1.2)
        for _ in range(r.integers(3, 9)):
            x, y, w = r.uniform(-20, SIDE), r.uniform(-10, 70), r.uniform(15, 60)
            colour = _tone(r, 0.04, 0.5)
            box(x, y, w, SIDE, colour)
            lit = _tone(r, 0.02, 1.5)
            for i in range(1, 6):
                for j in range(1, 12):
                    if r.random() < 0.7:
                        box(x + i * w / 6, y + j * 9, w / 12, 4, lit * np.exp(r.normal(0, 0.5)))
        box(0, r.uniform(90, 127), SIDE, SIDE, _tone(r, 0.03, 0.3))
    if kind == "bokeh":
        image[:] = _tone(r, 0.01, 0.12)
        for _ in range(r.integers(10, 60)):
            lamp = kelvin(float(r.uniform(2800, 7500))) * tint(r, 0.3) * r.uniform(0.2, 3)
            cv2.circle(
                image,
                tuple(int(v) for v in r.integers(0, SIDE, 2)),
                int(r.integers(2, 9)),
                lamp.tolist(),
                -1,
                cv2.LINE_AA,
            )
