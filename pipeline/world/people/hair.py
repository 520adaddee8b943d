"""Hair of the head: guide hairs by style, the strands between them, clumps, curls and colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.world.people.anatomy import Floats, anatomy, unrolled
from pipeline.world.people.hair_light import Hair, density
from pipeline.world.people.hair_styles import Style, hair_colour, style_of
from pipeline.world.people.hats import Hat, hides_hair, press
from pipeline.world.people.kernels import growth
from pipeline.world.people.mesh import Body, unit
from pipeline.world.people.person import Person
from pipeline.world.people.shell import CENTRE, Shell, shell_of
from pipeline.world.people.skin import hairline

GUIDES, STRANDS, GUIDE_POINTS = 900, 8000, 24
WIDTH = 0.0062
"""Of a strand, dm; it stands for several hairs."""


def roots(r: np.random.Generator, body: Body, count: int, chance: Floats) -> tuple[Floats, Floats, Floats]:
    """Points, normals and canonical points of roots, drawn evenly from the skin times `chance` (m,) of its vertices."""
    data = anatomy()
    corners = data.canonical[data.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = area * chance[data.triangles].mean(1)
    total = np.cumsum(weight)
    picked = data.triangles[np.searchsorted(total, r.random(count) * total[-1])]
    w = r.dirichlet((1, 1, 1), count).astype(np.float32)[:, :, None]
    points, normals, canonical = ((w * q[picked]).sum(1) for q in (body.skin, body.normals, data.canonical))
    return points, unit(normals), canonical


def cover(person: Person) -> Floats:
    """Chance (m,) of hair at each vertex of the skin."""
    data = anatomy()
    u, y = unrolled(data.canonical)
    ear = (np.abs(np.abs(u) - 1.22) < 0.24) & (np.abs(y - 7.15) < 0.26)
    inside = np.clip((y - hairline(person, u)) / 0.09 + 0.15, 0, 1) * (y > 6.4) * (np.abs(y - 8) < 2)
    return np.where(ear | (data.masks["inside-mouth"] > 0.3), 0, inside).astype(np.float32)


def grow(person: Person, body: Body, hat: Hat | None, amount: float = 1.0) -> Hair | None:
    """The hair of a person, None if bald or hidden; `amount`: share of the strands, which get wider by as much."""
    if person.bald > 0.5 or hides_hair(hat):
        return None
    r, choice = person.stream("hair"), person.stream("hair cut")
    name, style = style_of(person)
    chance, shell = cover(person), shell_of(body, style.length[0] == 0 and not style.behind)
    points, normals, canonical = roots(r, body, GUIDES, chance)
    part = (
        float(choice.uniform(0.15, 0.45) * choice.choice([-1, 1]))
        if choice.random() < 0.6
        else float(choice.normal(0, 0.04))
    )
    if name == "middle part":
        part *= 0.1
    fringed = _fringe(person, canonical)
    guides, swept = _guides(person, style, name, part, fringed, points, normals, canonical, shell, body)
    count = int(STRANDS * amount * (1.35 if name == "afro" else 0.8 if name == "shaven" else 1))
    strand_roots, _, rest = roots(r, body, count, chance)
    own = np.tanh((rest[:, 0] - part) / 0.02) * (style.parted and not style.tied)
    keys = np.column_stack([canonical, 0.5 * swept, 0.4 * fringed])
    wanted = np.column_stack([rest, 0.5 * own, 0.4 * _fringe(person, rest)])
    far, near = cKDTree(keys).query(wanted, k=3)
    share = 1 / (np.asarray(far) + 0.03) ** 2
    share /= share.sum(1, keepdims=True)
    curly = person.curl > 0.5
    long = style.length[0] == 0
    steps = (64 if long else 40) if curly else (30 if long else 20)
    if name == "shaven":
        steps = 6
    strands = growth.spread(guides, np.asarray(near, np.int32), share.astype(np.float32), strand_roots, steps)
    strands = _detail(person, name, style, strands, rest)
    if style.tied:
        strands = np.concatenate([strands, _knot(person, style, body, steps, count // 5)])
    strands = press(strands, hat, shell)
    colours = _strand_colours(person, len(strands), rest, count)
    return Hair(np.ascontiguousarray(strands, np.float32), colours, density(strands, amount))


def _fringe(person: Person, canonical: Floats) -> NDArray[np.bool_]:
    u, y = unrolled(canonical)
    return (np.abs(u) < 0.72) & (canonical[:, 2] > 0.4) & (y > 7.7) & (person.bangs > 0.5)


def _guides(
    person: Person, style: Style, name: str, part: float, fringe: NDArray[np.bool_], points: Floats, normals: Floats,
    canonical: Floats, shell: Shell, body: Body,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Guides (g, GUIDE_POINTS, 3) from their roots, and the side (g,) to which each falls."""
    r, choice = person.stream("guides"), person.stream("hair cut details")
    n = len(points)
    u, y = unrolled(canonical)
    eye = body.eyes[0].centre
    top = np.clip((y - 7.72) / 0.4, 0, 1)[:, None]
    side = np.tanh((canonical[:, 0] - part) / (0.02 if style.parted else 0.4))
    away = np.sign(part) * -1.0 if not style.parted else side
    flow_top = np.stack([style.top[0] * away * np.ones(n), np.full(n, style.top[1]), np.full(n, style.top[2])], 1)
    flow = top * flow_top + (1 - top) * (
        np.array(style.side) + [0, 0, -0.3] * np.clip(canonical[:, 2:] + 0.2, 0, 1) * (not style.behind)
    )
    flow = unit(flow + style.messy * r.normal(size=(n, 3)))

    def between(low: float, high: float) -> Floats:
        return r.uniform(low, high, n).astype(np.float32)

    lift = style.lift[0] + (style.lift[1] - style.lift[0]) * top[:, 0] * between(0.4, 1) + 0.05 * between(0, 1) ** 2
    layered = "layer" in name or name == "shag"
    if style.length[0] > 0:
        size = style.length[1] + (style.length[0] - style.length[1]) * top[:, 0]
        length = size * between(0.8, 1.1) * float(choice.uniform(0.75, 1.25)) * np.clip((y - 6.5) / 0.8, 0.3, 1)
        if name != "shaven":
            length = length * (0.6 + 2 * person.hair_length)
        gravity, stiff, hug = between(0.2, 0.8), between(5, 9), np.full(n, 1.2)
    else:
        drop = 0.5 + 3.2 * max(0.0, person.hair_length - 0.2) ** 1.2
        length = np.clip(points[:, 1] - (eye[1] - drop) + top[:, 0] * (0.4 + 0.5 * np.abs(side)), 0.3, 4.6)
        length = length * (between(0.55, 1.05) if layered else between(0.9, 1.03))
        lift = lift * float(choice.uniform(0.7, 1.4))
        gravity, stiff, hug = between(0.9, 1.2), between(8, 12), np.full(n, 3.0)
    reach = style.reach * between(0.8, 1.25)
    start = unit(normals * (0.8 if style.length[0] > 0 else 0.3) + 0.9 * flow)
    aim, free = (
        np.zeros((n, 3)),
        np.where(style.length[0] > 0, 1.0, r.uniform(-0.12, 0.12, n) if not style.behind else np.full(n, -0.25)),
    )
    if style.tied:
        knot = CENTRE + np.array([0, style.tied[0], style.tied[1]])
        aim = aim + knot
        length = np.linalg.norm(points - knot, axis=1) * 1.35 + 0.1
        stiff = np.full(n, 9.0)
    if name == "afro":
        flow = unit(normals + [0, 0.15, 0] + style.messy * r.normal(size=(n, 3)))
        start, gravity, reach, stiff, hug = (
            unit(normals + 0.2 * r.normal(size=(n, 3))),
            between(0, 0.05),
            between(8, 9),
            between(2, 3),
            np.zeros(n),
        )
        length = (0.12 + 1.7 * person.hair_length) * between(0.85, 1.05) * np.clip((y - 6.6) / 0.8, 0.4, 1)
        lift = 0 * lift
    if fringe.any():
        kind = str(choice.choice(["full", "swept", "curtain", "wispy"]))
        lean = {"full": 0.1, "swept": 0.7 * float(choice.choice([-1, 1])), "curtain": 0.0, "wispy": 0.15}[kind]
        across = (
            lean
            + 0.12 * np.sin(u * 13 + choice.uniform(0, 6))
            + (0.9 * np.sign(u) if kind == "curtain" else 0.15 * canonical[:, 0])
        )
        down = unit(
            np.stack([across * np.ones(n), np.full(n, -0.55), np.full(n, 0.75)], 1) + 0.06 * r.normal(size=(n, 3))
        )
        goal = (
            7.60
            + float(choice.uniform(-0.12, 0.1))
            + 0.05 * r.normal(size=n)
            + (-0.25 * np.abs(u) if kind == "curtain" else 0)
        )
        flow[fringe], start[fringe] = down[fringe], unit(normals * 0.35 + down)[fringe]
        length[fringe] = np.clip((y - goal) * 0.95 + 0.55 * np.clip(1.15 - canonical[:, 2], 0, 1), 0.15, 1.5)[fringe]
        gravity[fringe], stiff[fringe], reach[fringe], free[fringe], aim[fringe] = 1.0, 7, 0.6, 1.0, 0
        lift[fringe] = 0.03 + 0.07 * between(0, 1)[fringe]
    arrays = (start, flow, aim, length, lift, gravity, reach, stiff, hug, free)
    fields = [np.ascontiguousarray(a, np.float32) for a in arrays]
    guides = growth.grow(points.astype(np.float32), *fields, shell.radius, CENTRE, GUIDE_POINTS)
    return guides, np.tanh((canonical[:, 0] - part) / 0.02) * (style.parted and not style.tied)


def _detail(person: Person, name: str, style: Style, strands: Floats, rest: Floats) -> Floats:
    """Clumps of two sizes, waves or curls, frizz and strays."""
    r, choice = person.stream("strands"), person.stream("locks")
    n, steps = len(strands), strands.shape[1]
    long, curly = style.length[0] == 0, person.curl > 0.5

    def clump(count: int, low: float, high: float, power: float) -> NDArray[np.int32]:
        nonlocal strands
        chosen = r.choice(n, min(count, n), replace=False)
        centre = chosen[np.asarray(cKDTree(rest[chosen]).query(rest)[1])].astype(np.int32)
        strands = growth.gather_clumps(strands, centre, r.uniform(low, high, n).astype(np.float32), power)
        return centre

    if name in ("shaven", "afro"):
        if name == "afro":
            rate = 2 * np.pi / 0.11 * np.exp(r.normal(0, 0.15, n))
            _wind(strands, np.full(n, choice.uniform(0.018, 0.035)), rate, r.uniform(0, 6.28, n))
        return strands
    locks = int(choice.uniform(90, 260)) if long else int(choice.uniform(250, 700))
    centre = clump(locks, 0.15, 0.75, 0.9)
    clump(locks * 8, 0.0, 0.6, 1.0)
    wave = choice.uniform(0, 0.05) * long * (not style.tied)
    phase = r.uniform(0, 6.28, n)[centre] + r.normal(0, 0.35, n)
    size, period = np.full(n, wave + 0.004), np.full(n, float(choice.uniform(0.7, 1.4)))
    if curly and not style.tied:
        size, period = np.full(n, 0.05 + 0.05 * choice.random()), np.full(n, 0.4 + 0.45 * choice.random())
    if name == "curly crop":
        size, period = 0.6 * size, 0.5 * period
    rate = 2 * np.pi / period * np.exp(r.normal(0, 0.15, n)[centre])
    size = size * np.exp(r.normal(0, 0.25, n)[centre])
    _wind(strands, size, rate, phase)
    if curly:
        _wind(strands, np.full(n, 0.012), np.full(n, 25.0), r.uniform(0, 6.28, n))
    stray = (r.random(n) < 0.04)[:, None, None] * 0.08 + 0.01 + 0.02 * curly
    t = np.linspace(0, 1, steps)[None, :, None]
    return strands + (stray * t * r.normal(size=(n, 1, 3)) * (0.4 + 0.6 * long)).astype(np.float32)


def _wind(strands: Floats, size: Floats, rate: Floats, phase: Floats) -> None:
    growth.curl(strands, *(field.astype(np.float32) for field in (size, rate, phase)))


def _knot(person: Person, style: Style, body: Body, steps: int, count: int) -> Floats:
    """Strands of a knot: loops about a ball."""
    r = person.stream("knot")
    assert style.tied is not None
    size = float(r.uniform(0.22, 0.36))
    centre = CENTRE + np.array([0, style.tied[0] + 0.6 * size, style.tied[1] - 0.4 * size])
    axis, turns = (
        unit(r.normal(size=(count, 3))),
        np.linspace(0, 1, steps) * r.uniform(1.5, 4.0, (count, 1)) + r.uniform(0, 6, (count, 1)),
    )
    a = unit(np.cross(axis, [0.3, 0.2, 0.9]))
    b = np.cross(axis, a)
    loop = np.cos(turns)[..., None] * a[:, None] + np.sin(turns)[..., None] * b[:, None]
    radius = size * r.uniform(0.8, 1.0, (count, 1, 1))
    return (centre + loop * radius * [1, 0.85, 0.9]).astype(np.float32)


def _strand_colours(person: Person, count: int, rest: Floats, rooted: int) -> Floats:
    r = person.stream("strand colours")
    base = hair_colour(person) * np.exp(r.normal(0, 0.22, (count, 1))) * np.exp(r.normal(0, 0.05, (count, 3)))
    streaks = 1 + 0.25 * np.sin(rest[:, 0] * 31 + 3 * np.sin(rest[:, 2] * 13)) * (r.random() < 0.3)
    base[:rooted] *= streaks[:, None]
    return np.clip(base, 0, 0.9).astype(np.float32)
