"""Where hair is dense, and the light in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.world.anatomy import Floats
from pipeline.world.kernels import marching, strands
from pipeline.world.light import Density, Lights
from pipeline.world.mesh import unit
from pipeline.world.person import Person
from pipeline.world.shell import CENTRE

CELL = 0.075
"""Of the hair's density, dm; light is followed on a grid of twice that."""


@dataclass(frozen=True)
class Hair:
    """Strands (s, p, 3) with the colour of each (s, 3), and where they are dense."""

    strands: Floats
    colours: Floats
    density: Density


def density(hairs: Floats, amount: float) -> Density:
    """Where hair is: absorption per dm on a grid about the head."""
    low = (CENTRE + np.array([-1.65, -3.4, -2.2])).astype(np.float32)
    step = float(np.linalg.norm(np.diff(hairs[::7], axis=1), axis=2).mean())
    grid = marching.splat(hairs, np.float32(0.0066 * step / CELL**3 / amount * 0.9), low, CELL, (44, 70, 60))
    return Density(np.minimum(grid, 30), low, CELL)


def shade(person: Person, hair: Hair, lights: Lights, view: Floats) -> Floats:
    """Colours (s, q, 3) of the strands in the light, as seen along `view` (3,); the head shades them too."""
    r = person.stream("strand gloss")
    fine, low, cell = hair.density
    coarse = fine.reshape(22, 2, 35, 2, 30, 2).mean((1, 3, 5)).astype(np.float32)
    axes = [low[i] + (np.arange(n) + 0.5) * 2 * cell for i, n in enumerate(coarse.shape)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3).astype(np.float32)
    rel = cells - CENTRE
    flat = np.hypot(rel[:, 0], rel[:, 2])
    inside = (np.sqrt(flat**2 + np.maximum(rel[:, 1], 0) ** 2) < 0.62 + 0.15 * (rel[:, 1] > -0.6)).reshape(coarse.shape)
    solid = coarse + np.where(inside & (axes[1] > CENTRE[1] - 1.3)[None, :, None], 12, 0).astype(np.float32)
    busy = cv2.dilate((coarse > 0.05).astype(np.uint8).reshape(coarse.shape[0], -1), np.ones((3, 1), np.uint8)).reshape(
        coarse.shape
    )
    busy = np.maximum.reduce([np.roll(np.roll(busy, i, 1), j, 2) for i in (-1, 0, 1) for j in (-1, 0, 1)]) > 0
    where = cells[busy.ravel()]
    sky = unit(np.array([[0, 1, 0.2], [0.8, 0.3, 0.5], [-0.8, 0.3, 0.5], [0, 0.1, 1.0]]))
    through = np.ones((len(lights.axes) + 1, *coarse.shape), np.float32)
    spans = [np.ascontiguousarray(np.broadcast_to(d, where.shape), np.float32) for d in (*lights.axes, *sky)]
    left = [marching.march(where, span, solid, low, 2 * cell, 2.2, float(cell)) for span in spans]
    for i in range(len(lights.axes)):
        through[i][busy] = left[i]
    through[-1][busy] = np.mean(left[len(lights.axes) :], 0)
    shift = r.normal(0, 0.05, len(hair.strands)).astype(np.float32)
    return strands.shade_strands(
        np.ascontiguousarray(hair.strands[:, ::2]), hair.colours, shift, 0.35, lights.axes, lights.sharpness,
        lights.colours, lights.sky + lights.ground, view.astype(np.float32), through, low, 2 * cell,
    )  # fmt: skip
