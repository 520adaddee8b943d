"""Landmarks and outlines of a person in the picture, from the vertices that landmarks.json names."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.core.crop import five_of_ibug
from pipeline.world.anatomy import Floats, Ints
from pipeline.world.mesh import Body, unit

COUNT = 70
LEFT_IRIS, RIGHT_IRIS = 68, 69
IRIS = 0.40
"""Angle that the radius of an iris spans, seen from the centre of the eye."""


@cache
def vertices() -> dict[str, Ints]:
    """Fine vertices by name: `ibug` (68) and the outlines."""
    table = json.loads(Path(__file__).with_name("landmarks.json").read_text())
    return {name: np.array(rows, np.int32) for name, rows in table.items()}


def points_of(body: Body, gaze: Floats) -> Floats:
    """The landmarks (70, 3): iBUG's 68 (Sagonas et al., 2013), then the centres of the left and right iris."""
    eyes = [eye.centre + eye.radius * gaze for eye in body.eyes]
    return np.concatenate([body.skin[vertices()["ibug"]], eyes]).astype(np.float32)


def outlines_of(body: Body, gaze: Floats) -> dict[str, Floats]:
    """Outlines (k, 3) by name: eyes, brows, lips, oval, and four points of each iris."""
    out = {name: body.skin[rows] for name, rows in vertices().items() if name != "ibug"}
    across = unit(np.cross([0, 1, 0], gaze))
    up = np.cross(gaze, across)
    for name, eye in zip(("left_iris", "right_iris"), body.eyes, strict=True):
        ring = [np.cos(IRIS) * gaze + np.sin(IRIS) * d for d in (across, up, -across, -up)]
        out[name] = (eye.centre + eye.radius * np.array(ring)).astype(np.float32)
    return out


def five_of(body: Body) -> Floats:
    """Centres of the eyes, tip of the nose, corners of the mouth (5, 3), from left to right in the picture."""
    return five_of_ibug(body.skin[vertices()["ibug"]])
