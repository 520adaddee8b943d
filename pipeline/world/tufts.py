"""Brows, lashes and beard: short strands on the face."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from pipeline.world import face_map
from pipeline.world.anatomy import Floats, anatomy, unrolled
from pipeline.world.hair import draw_roots
from pipeline.world.hair_styles import hair_colour
from pipeline.world.kernels import growth
from pipeline.world.landmarks import vertices
from pipeline.world.mesh import Body, unit
from pipeline.world.person import BEARDED, Person
from pipeline.world.stream import Stream

POINTS = 6
CUTS = ("full", "short sides", "goatee", "moustache")


class Kind(IntEnum):
    """What strands belong to."""

    NONE, HAIR, LEFT_BROW, RIGHT_BROW, LASH, BEARD = range(6)


class Tuft(NamedTuple):
    """Strands (s, p, 3), the kind and colour (s, 3) of each, and their width in dm."""

    strands: Floats
    kinds: Floats
    colours: Floats
    width: float


def tufts(person: Person, body: Body) -> list[Tuft]:
    """All short strands of a person."""
    out = [brows(person, body), *lashes(person, body)]
    return [*out, beard(person, body)] if person.beard > BEARDED else out


def _varied(r: Stream, colour: Floats, count: int) -> Floats:
    return np.asarray(colour * np.exp(r.normal(0, 0.22, (count, 1))), np.float32)


def brows(person: Person, body: Body) -> Tuft:
    """Brows: hairs that rise near the nose, lie along the middle and fall outside."""
    r, data = person.stream("brows"), anatomy()
    thick = float(r.uniform(0.5, 1.1) * (1.2 - 0.5 * person.female))
    u, y = unrolled(data.canonical)
    chance = np.where(np.abs(y - 7.53) < 0.13, face_map.brow(u, y, 0.75 + 0.4 * thick), 0).astype(np.float32)
    found = draw_roots(r, body, int(2100 * thick), np.maximum(chance, 0.004 * (chance > 0)))
    point, normal, (u, y) = found.points, found.normals, unrolled(found.canonical)
    shown = face_map.brow(u, y, 0.55 + 0.45 * thick) * np.interp(
        np.abs(u), (0.09, 0.17, 0.36, 0.54), (0.3, 0.9, 0.9, 0.4)
    )
    keep = r.random(len(u)) < shown + 0.01
    point, normal, u, y = point[keep], normal[keep], u[keep], y[keep]
    a, side = np.abs(u), np.sign(u)
    rise = np.interp(a, (0.09, 0.18, 0.36, 0.54), (1.1, 0.4, -0.05, -0.5))
    rise = rise + np.interp((y - face_map.along(face_map.BROW, u)) / 0.04, (-1, 1), (0.35, -0.3))
    along = np.stack([side * np.interp(a, (0.1, 0.2, 0.5), (0.35, 0.9, 0.9)), rise, 0.15 - 0.5 * a], 1)
    along = unit(along + 0.14 * r.normal(size=along.shape))
    size = 0.050 * r.uniform(0.6, 1.3, len(u)) * np.interp(a, (0.1, 0.2, 0.5), (0.8, 1.1, 0.6))
    t = np.linspace(0, 1, POINTS)[None, :, None]
    lay = size[:, None, None] * (t * along[:, None] + (0.30 * t - 0.2 * t * t) * normal[:, None])
    strands = point[:, None] + lay + 0.004 * normal[:, None]
    dark = hair_colour(person) * (0.9 - 0.5 * person.blond * (1 - person.grey) - 0.55 * person.grey) + [
        0.012,
        0.009,
        0.008,
    ]
    kinds = np.where(u > 0, Kind.RIGHT_BROW, Kind.LEFT_BROW)
    return Tuft(strands.astype(np.float32), kinds, _varied(r, dark, len(u)), 0.0036)


def lashes(person: Person, body: Body) -> list[Tuft]:
    """Lashes along both lids of both eyes."""
    r, t, out = person.stream("lashes"), np.linspace(0, 1, POINTS)[None, :, None], []
    made_up = 1 + 0.35 * person.female * (r.random() < 0.5)
    for name, eye in zip(("left_eye", "right_eye"), body.eyes, strict=True):
        rim = body.skin[vertices()[name]]
        for rows, count, size, up in ((np.arange(9), 40, 0.036, 0.6), (np.r_[8:16, 0], 18, 0.016, -0.5)):
            at = r.uniform(0.4, 7.6, count)
            base = np.stack([np.interp(at, np.arange(9), rim[rows, k]) for k in range(3)], 1)
            outward = (base[:, 0] - eye.centre[0]) / 0.16
            length = size * made_up * (0.8 + 0.4 * person.female) * r.uniform(0.7, 1.15, count)
            length = length * (1 + 0.3 * outward * np.sign(eye.centre[0]))
            direction = unit(
                np.stack([0.6 * outward, np.full(count, 0.35 * up), np.ones(count)], 1)
                + 0.08 * r.normal(size=(count, 3))
            )
            lay = length[:, None, None] * (t * direction[:, None] + 0.75 * t * t * np.array([0, up, 0]))
            strands = (base[:, None] + lay + [0, 0, 0.004]).astype(np.float32)
            dark = np.array([0.03, 0.022, 0.018]) + 0.25 * person.blond * hair_colour(person) * (made_up == 1)
            out.append(Tuft(strands, np.full(count, Kind.LASH), _varied(r, dark, count), 0.0022 if up > 0 else 0.0014))
    return out


def beard_cut(r: Stream) -> str:
    """Kind of a beard, the first that is drawn of the topic "beard"."""
    return str(r.choice(CUTS, p=[0.45, 0.25, 0.2, 0.1]))


def beard(person: Person, body: Body) -> Tuft:
    """A beard in one of four cuts; short below 0.5, longer towards 1."""
    r, data = person.stream("beard"), anatomy()
    u, y = unrolled(data.canonical)
    a = np.abs(u)
    chance = face_map.beard(u, y) * (data.canonical[:, 2] > 0.2)
    cut = beard_cut(r)
    if cut == "goatee":
        chance = chance * np.clip((0.34 - a) / 0.08, 0, 1)
    elif cut == "moustache":
        chance = chance * (np.clip((y - 6.70) / 0.03, 0.0, 1) * np.clip((0.32 - a) / 0.05, 0, 1))
    share = float((data.canonical[:, 1] * 0 + chance).sum() / max(face_map.beard(u, y).sum(), 1e-6))
    length = 0.025 + (0.05 + 0.28 * max(0.0, person.beard - 0.4)) * float(r.uniform(0.5, 1.2)) * min(
        1, person.beard + 0.2
    )
    thick = float(r.uniform(0.55, 1.0))
    count = int((3500 + 7000 * person.beard) * thick * (0.25 + 0.75 * share))
    found = draw_roots(r, body, count, chance.astype(np.float32))
    point, normal, (u, y) = found.points, found.normals, unrolled(found.canonical)
    keep = r.random(len(u)) < 1 - 0.55 * np.clip(np.sin(u * 17 + 3 * np.sin(y * 23)) + np.sin(y * 31), 0, 1) * (
        1 - thick * 0.5
    )
    point, normal, u, y = point[keep], normal[keep], u[keep], y[keep]
    over_lip = np.clip(1 - np.abs(u) / 0.2, 0, 1) * (y > 6.74)
    sides = (0.35 if cut == "short sides" else 0.6) + (0.65 if cut == "short sides" else 0.4) * (np.abs(u) < 0.5)
    flow = np.stack(
        [0.5 * np.sign(u) * over_lip + 0.15 * np.sin(3 * u), np.full(len(u), -1.0), np.full(len(u), 0.3)], 1
    )
    flow = unit(flow + 0.28 * r.normal(size=flow.shape))
    size = length * r.uniform(0.55, 1.1, len(u)) * sides * (1 - 0.5 * over_lip) + 0.015
    t = np.linspace(0, 1, 8)[None, :, None]
    lay = t * (0.75 * flow[:, None] + 0.5 * normal[:, None]) + 0.35 * t * t * np.array([0, -1.0, 0.1])
    strands = (point[:, None] + size[:, None, None] * lay).astype(np.float32)
    n = len(strands)
    chosen = r.choice(n, min(700, n), replace=False)
    centre = chosen[np.asarray(cKDTree(point[chosen]).query(point)[1])].astype(np.int32)
    strands = growth.gather_clumps(strands, centre, r.uniform(0, 0.5, n).astype(np.float32), 1.0)
    wind = 0.006 + 0.012 * person.curl
    spans = [np.full(n, wind), np.full(n, 2 * np.pi / 0.13), r.uniform(0, 6.28, n)]
    growth.curl(strands, *(span.astype(np.float32) for span in spans))
    tone = hair_colour(person) * [1.05, 0.92, 0.82]
    return Tuft(strands, np.full(n, Kind.BEARD), _varied(r, tone, n), 0.0046)
