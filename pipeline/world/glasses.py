"""Glasses and sunglasses."""

from __future__ import annotations

import numpy as np

from pipeline.world.anatomy import Floats, anatomy
from pipeline.world.mesh import Body, Prop, tube
from pipeline.world.person import Person
from pipeline.world.stream import Stream
from postprocess.labels import CelebAMask

FRAMES = ((0.012, 0.011, 0.011), (0.05, 0.025, 0.012), (0.16, 0.12, 0.07), (0.25, 0.25, 0.26), (0.02, 0.03, 0.07))


def frame(r: Stream) -> tuple[float, float, float, float, Floats]:
    """Form of glasses, with which a person's stream of them begins.

    Exponent of the lenses' outline (2: an ellipse), half width and half height in shares of half the eyes' distance,
    thickness in dm, colour (3,).
    """
    power, wide, high, thick = (
        float(r.uniform(*ends)) for ends in ((2, 5), (0.68, 0.82), (0.46, 0.66), (0.006, 0.018))
    )
    return power, wide, high, thick, np.array(FRAMES[r.integers(len(FRAMES))], np.float32)


def glasses(person: Person, body: Body) -> tuple[list[Prop], list[Floats], float]:
    """Frames, the outline (k, 3) of each lens, and how much light a lens takes (0 clear, 1 none left)."""
    if person.glasses <= 0.5:
        return [], [], 0.0
    r, data = person.stream("glasses"), anatomy()
    power, wide, high, thick, colour = frame(r)
    left, right = (eye.centre for eye in body.eyes)
    half = 0.5 * abs(float(left[0] - right[0]))
    wide, high = half * wide, half * high
    dark = float(r.uniform(0.6, 0.97)) if person.look == "wild" and r.random() < 0.35 else 0.0
    if dark:
        wide, high = wide * 1.08, high * 1.12
    x, y = data.canonical[:, 0], data.canonical[:, 1]
    near = (np.abs(x) < 0.75) & (np.abs(y - 7.3) < 0.25) & (np.abs(x) > 0.2)
    front = max(float(body.skin[near, 2].max()) - 0.02, float(left[2]) + 0.33)
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    c, s = np.cos(t), np.sin(t)
    lobe_x, lobe_y = np.sign(c) * np.abs(c) ** (2 / power) * wide, np.sign(s) * np.abs(s) ** (2 / power) * high
    lobe_x = lobe_x * (1 + r.uniform(-0.12, 0.12) * s)
    middle = 0.5 * float(left[1] + right[1]) - 0.04
    props, lenses = [], []

    def rod(path: Floats, closed: bool = False) -> None:
        points, triangles = tube(path.astype(np.float32), thick, closed=closed)
        props.append(Prop(points, triangles, colour, float(r.choice([0.6, 1.5])), CelebAMask.GLASSES))

    for eye in (left, right):
        bow = front - 0.35 * np.abs(lobe_x + eye[0]) ** 2
        ring = np.column_stack([eye[0] + lobe_x, middle + lobe_y, bow]).astype(np.float32)
        lenses.append(ring)
        rod(ring, closed=True)
    inner = half - wide
    x = np.linspace(-inner, inner, 9)
    rod(np.column_stack([x, middle + 0.06 + 0.05 * (1 - (x / inner) ** 2), np.full(9, front)]))
    temple = (np.abs(y - 7.42) < 0.08) & (data.canonical[:, 2] > 0) & (data.masks["ears"] < 0.5)
    head = float(np.abs(body.skin[temple, 0]).max()) + thick
    t = np.linspace(0, 1, 16)
    for side in (-1, 1):
        x0 = half + wide
        x = side * (x0 + (head - x0) * np.minimum(1.6 * t, 1))
        rod(np.column_stack([x, np.full(16, middle + 0.1), front - 0.35 * x0**2 - t * 1.5]))
    return props, lenses, dark
