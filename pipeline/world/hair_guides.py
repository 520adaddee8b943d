"""Guide hairs: how each leaves the head, flows and falls, by style."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.world.anatomy import Floats, unrolled
from pipeline.world.hair_styles import Style
from pipeline.world.kernels import growth
from pipeline.world.mesh import Body, unit
from pipeline.world.person import Person
from pipeline.world.shell import CENTRE, Shell
from pipeline.world.stream import Stream

POINTS = 24
"""Of each guide."""


@dataclass(frozen=True)
class Roots:
    """Where hairs leave the skin: points, normals and canonical points (g, 3)."""

    points: Floats
    normals: Floats
    canonical: Floats


@dataclass
class Course:
    """What `kernels.growth.grow` takes of each guide, in its order: (g, 3) three times, then (g,)."""

    start: Floats
    flow: Floats
    aim: Floats
    length: Floats
    lift: Floats
    gravity: Floats
    reach: Floats
    stiff: Floats
    hug: Floats
    free: Floats


def parting(person: Person, style: Style) -> float:
    """x of the parting on the canonical head, dm."""
    r = person.stream("parting")
    aside = float(r.uniform(0.15, 0.45) * r.choice([-1, 1]))
    middle = style.name == "middle part" or r.random() > 0.6
    return float(r.normal(0, 0.04)) if middle else aside


def side_of(style: Style, part: float, canonical: Floats) -> Floats:
    """To which side of the parting hairs fall, -1..1 (g,); 0 where there is none."""
    return np.asarray(np.tanh((canonical[:, 0] - part) / 0.02) * (style.parted and style.knot is None))


def fringed(person: Person, canonical: Floats) -> NDArray[np.bool_]:
    """Which hairs are bangs (g,)."""
    u, y = unrolled(canonical)
    return (np.abs(u) < 0.72) & (canonical[:, 2] > 0.4) & (y > 7.7) & (person.bangs > 0.5)


def guides(person: Person, style: Style, roots: Roots, shell: Shell, body: Body) -> Floats:
    """Guide hairs (g, POINTS, 3)."""
    r, cut = person.stream("guides"), person.stream("hair cut")
    part = parting(person, style)
    course = _course(r, cut, person, style, part, roots, float(body.eyes[0].centre[1]))
    if style.knot is not None:
        knot = CENTRE + np.array([0, *style.knot])
        course.aim = course.aim + knot
        course.length = np.linalg.norm(roots.points - knot, axis=1) * 1.35 + 0.1
        course.stiff = np.full(len(roots.points), 9.0)
    bangs = fringed(person, roots.canonical)
    if bangs.any():
        _let_fall(person.stream("bangs"), course, bangs, roots)
    fields = [np.ascontiguousarray(field, np.float32) for field in astuple(course)]
    return growth.grow(roots.points.astype(np.float32), *fields, shell.radius, CENTRE, POINTS)


def _course(
    r: Stream,
    cut: Stream,
    person: Person,
    style: Style,
    part: float,
    roots: Roots,
    eye: float,
) -> Course:
    n, normals, canonical = len(roots.points), roots.normals, roots.canonical

    def between(low: float, high: float) -> Floats:
        return r.uniform(low, high, n)

    y = canonical[:, 1]
    top = np.clip((y - 7.72) / 0.4, 0, 1)
    lift = style.lift[0] + (style.lift[1] - style.lift[0]) * top * between(0.4, 1) + 0.05 * between(0, 1) ** 2
    vary, volume = cut.uniform(0.75, 1.25), cut.uniform(0.7, 1.4)
    aim = np.zeros((n, 3))
    if style.round:  # all hairs stand on end
        flow = unit(normals + [0, 0.15, 0] + style.messy * r.normal(size=(n, 3)))
        start = unit(normals + 0.2 * r.normal(size=(n, 3)))
        length = (0.12 + 1.7 * person.hair_length) * between(0.85, 1.05) * np.clip((y - 6.6) / 0.8, 0.4, 1)
        return Course(
            start, flow, aim, length, 0 * lift, between(0, 0.05), between(8, 9), between(2, 3), 0 * y, 0 * y + 1
        )
    across = side_of(style, part, canonical) if style.parted else np.full(n, -np.sign(part))
    high = np.stack([style.top[0] * across, np.full(n, style.top[1]), np.full(n, style.top[2])], 1)
    low = np.array(style.side) + [0, 0, -0.3] * np.clip(canonical[:, 2:] + 0.2, 0, 1) * (not style.behind)
    flow = unit(top[:, None] * high + (1 - top[:, None]) * low + style.messy * r.normal(size=(n, 3)))
    reach = style.reach * between(0.8, 1.25)
    if style.length is not None:
        length = (style.length[1] + (style.length[0] - style.length[1]) * top) * between(0.8, 1.1) * vary
        length = length * np.clip((y - 6.5) / 0.8, 0.3, 1) * (0.6 + 2 * person.hair_length)
        start = unit(0.8 * normals + 0.9 * flow)
        return Course(start, flow, aim, length, lift, between(0.2, 0.8), reach, between(5, 9), 0 * y + 1.2, 0 * y + 1)
    drop = 0.5 + 3.2 * max(0.0, person.hair_length - 0.2) ** 1.2
    length = np.clip(roots.points[:, 1] - (eye - drop) + top * (0.4 + 0.5 * np.abs(across)), 0.3, 4.6)
    length = length * (between(0.55, 1.05) if style.layered else between(0.9, 1.03))
    free = np.full(n, -0.25) if style.behind else between(-0.12, 0.12)
    start, hug = unit(0.3 * normals + 0.9 * flow), np.full(n, 3.0)
    return Course(start, flow, aim, length, lift * volume, between(0.9, 1.2), reach, between(8, 12), hug, free)


def _let_fall(r: Stream, course: Course, bangs: NDArray[np.bool_], roots: Roots) -> None:
    """Let the bangs fall over the forehead: straight, swept to a side, like a curtain, or wispy; in place."""
    kind, (u, y), z = (
        str(r.choice(["full", "swept", "curtain", "wispy"])),
        unrolled(roots.canonical),
        roots.canonical[:, 2],
    )
    lean = {"full": 0.1, "swept": 0.7 * float(r.choice([-1, 1])), "curtain": 0.0, "wispy": 0.15}[kind]
    opening = 0.9 * np.sign(u) if kind == "curtain" else 0.15 * roots.canonical[:, 0]
    across = lean + 0.12 * np.sin(u * 13 + r.uniform(0, 6)) + opening
    down = np.stack([across, np.full(len(u), -0.55), np.full(len(u), 0.75)], 1)
    down = unit(down + 0.06 * r.normal(size=down.shape))
    end = 7.60 + r.uniform(-0.12, 0.1) + 0.05 * r.normal(size=len(u)) - 0.25 * np.abs(u) * (kind == "curtain")
    length = np.clip((y - end) * 0.95 + 0.55 * np.clip(1.15 - z, 0, 1), 0.15, 1.5)
    course.start[bangs], course.flow[bangs] = unit(0.35 * roots.normals + down)[bangs], down[bangs]
    course.length[bangs], course.lift[bangs] = length[bangs], 0.03 + 0.07 * r.random(len(u))[bangs]
    course.gravity[bangs], course.stiff[bangs], course.reach[bangs] = 1.0, 7.0, 0.6
    course.free[bangs], course.aim[bangs] = 1.0, 0.0
