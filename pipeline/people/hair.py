"""Hair of the head: guide hairs by style, the strands between them, their colour and the light in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.people import kernels
from pipeline.people.anatomy import Floats, anatomy, unrolled
from pipeline.people.hats import Hat, hides_hair, press
from pipeline.people.light import Density, Lights, tint
from pipeline.people.mesh import Body, unit
from pipeline.people.person import Person
from pipeline.people.shell import CENTRE, Shell, shell_of
from pipeline.people.skin import hairline

GUIDES, STRANDS, GUIDE_POINTS = 900, 8000, 24
WIDTH = 0.0062
"""Of a strand, dm; it stands for several hairs."""
CELL = 0.075
"""Of the hair's density, dm; light is followed on a grid of twice that."""
COLOURS = (
    (0.0, 0.2, 0.45, 0.7, 1.0),
    ((0.015, 0.012, 0.010), (0.032, 0.020, 0.013), (0.075, 0.040, 0.022), (0.16, 0.095, 0.05), (0.42, 0.28, 0.155)),
)
GREY, RED = (0.40, 0.39, 0.375), (0.21, 0.075, 0.03)


@dataclass(frozen=True)
class Style:
    """How hair is worn. Flows are directions (x away from the parting, y up, z to the front).

    Attributes:
        top, side: Flow on top of the head and on its sides.
        length: At the top and at the sides, dm; 0: as long as `hair_length` says, down from the eyes.
        reach: How far a hair follows the flow before it falls, dm.
        lift: How far off the head it lies, dm: at the sides, and on top.
        tied: Height and depth of the knot to which all hair is drawn, or None.
        behind: Whether it falls behind the ears.
        messy: Spread of the flow.
        parted: Whether it falls to two sides.
    """

    top: tuple[float, float, float]
    side: tuple[float, float, float]
    length: tuple[float, float]
    reach: float = 0.6
    lift: tuple[float, float] = (0.03, 0.08)
    tied: tuple[float, float] | None = None
    behind: bool = False
    messy: float = 0.10
    parted: bool = False


SHORT: dict[str, Style] = {
    "shaven": Style((0, 0.8, -0.2), (0, -0.3, -0.2), (0.07, 0.05), 9, (0.0, 0.0), messy=0.3),
    "cropped": Style((0.1, 0.25, 0.8), (0, -0.9, 0.1), (0.32, 0.13), messy=0.2),
    "side part": Style((0.75, 0.15, 0.25), (0, -0.85, -0.35), (0.62, 0.24), lift=(0.02, 0.10), parted=True),
    "swept back": Style((0, 0.25, -1.0), (0, -0.55, -0.8), (0.75, 0.34), 0.9, (0.02, 0.10)),
    "quiff": Style((0.25, 0.95, -0.35), (0, -0.8, -0.4), (0.55, 0.2), 1.5, (0.02, 0.25), messy=0.16),
    "tousled": Style((0.15, 0.5, 0.4), (0, -0.5, 0.1), (0.55, 0.35), 0.7, (0.03, 0.12), messy=0.55),
}
MEDIUM: dict[str, Style] = {
    "bob": Style((0.9, 0, 0), (0, -0.95, 0.1), (0, 0), 0.3, (0.06, 0.16), parted=True),
    "layered": Style((0.8, 0.1, 0.2), (0, -0.9, 0.0), (0, 0), 0.35, (0.06, 0.20), messy=0.22, parted=True),
    "brushed back": Style((0.2, 0.3, -0.85), (0, -0.6, -0.7), (0, 0), 0.9, (0.04, 0.14), behind=True),
    "shag": Style((0.4, 0.2, 0.5), (0, -0.9, 0.1), (0, 0), 0.4, (0.05, 0.15), messy=0.4),
}
LONG: dict[str, Style] = {
    "middle part": Style((0.9, 0, 0), (0, -0.95, 0.05), (0, 0), 0.32, (0.05, 0.13), parted=True),
    "side part long": Style((0.9, 0.05, 0.05), (0, -0.95, 0.05), (0, 0), 0.35, (0.06, 0.17), parted=True),
    "behind the ears": Style((0.75, 0.1, -0.35), (0, -0.7, -0.65), (0, 0), 0.6, (0.03, 0.10), behind=True, parted=True),
    "long layered": Style((0.8, 0.1, 0.1), (0, -0.9, 0.1), (0, 0), 0.35, (0.07, 0.22), messy=0.2, parted=True),
    "knot": Style((0, 0, -1), (0, 0, -1), (0, 0), 1, (0.02, 0.03), (0.75, -0.62), True),
    "low knot": Style((0.6, 0, -0.5), (0, 0, -1), (0, 0), 1, (0.02, 0.04), (-0.25, -0.95), True, parted=True),
}
CURLY_CROP = Style((0.2, 0.6, 0.3), (0, -0.2, 0.0), (0.75, 0.42), 2.0, (0.03, 0.14), messy=0.6)
AFRO = Style((0, 0.2, 0), (0, 0, 0), (0.3, 0.3), 9, (0, 0), messy=0.35)


@dataclass(frozen=True)
class Hair:
    """Strands (s, p, 3) with the colour of each (s, 3), and where they are dense."""

    strands: Floats
    colours: Floats
    density: Density


def style_of(person: Person) -> tuple[str, Style]:
    """The style of a person: by length and curl, else drawn."""
    r = person.stream("hair style")
    pick = r.random()
    if person.curl > 0.5 and person.hair_length < 0.5 and pick < 0.35 + 0.6 * person.ancestry[0]:
        return "afro", AFRO
    group = SHORT if person.hair_length < 0.3 else MEDIUM if person.hair_length < 0.55 else LONG
    names = list(group)
    if person.female > 0.5 and group is SHORT:
        names = ["side part", "tousled", "swept back", "cropped"]
    if person.curl > 0.5 and group is SHORT:
        return "curly crop", CURLY_CROP
    name = names[int(r.random() * len(names))]
    return name, group[name]


def hair_colour(person: Person) -> Floats:
    """Linear RGB (3,) of a person's hair."""
    r = person.stream("hair colour")
    vary = np.exp(r.normal(0, 0.12)) * np.exp(r.normal(0, 0.04, 3))
    red = r.random() < 0.12 and person.ancestry[2] > 0.5
    dyed = person.look == "wild" and r.random() < 0.04
    wild_hue = 0.25 * tint(r, 0.8)
    base = np.exp([np.interp(person.blond, COLOURS[0], np.log([c[k] for c in COLOURS[1]])) for k in range(3)])
    if red and person.blond > 0.4:
        base = np.array(RED)
    if dyed:
        base = wild_hue
    colour = base * vary * (1 - person.grey) + np.array(GREY) * float(vary.mean()) * person.grey
    return np.asarray(colour, np.float32)


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
    strands = kernels.spread(guides, np.asarray(near, np.int32), share.astype(np.float32), strand_roots, steps)
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
    guides = kernels.grow(points.astype(np.float32), *fields, shell.radius, CENTRE, GUIDE_POINTS)
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
        strands = kernels.gather_clumps(strands, centre, r.uniform(low, high, n).astype(np.float32), power)
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
    kernels.curl(strands, *(field.astype(np.float32) for field in (size, rate, phase)))


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


def density(strands: Floats, amount: float) -> Density:
    """Where hair is: absorption per dm on a grid about the head."""
    low = (CENTRE + np.array([-1.65, -3.4, -2.2])).astype(np.float32)
    step = float(np.linalg.norm(np.diff(strands[::7], axis=1), axis=2).mean())
    grid = kernels.splat(strands, np.float32(0.0066 * step / CELL**3 / amount * 0.9), low, CELL, (44, 70, 60))
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
    left = [kernels.march(where, span, solid, low, 2 * cell, 2.2, float(cell)) for span in spans]
    for i in range(len(lights.axes)):
        through[i][busy] = left[i]
    through[-1][busy] = np.mean(left[len(lights.axes) :], 0)
    shift = r.normal(0, 0.05, len(hair.strands)).astype(np.float32)
    return kernels.shade_strands(
        np.ascontiguousarray(hair.strands[:, ::2]), hair.colours, shift, 0.35, lights.axes, lights.sharpness,
        lights.colours, lights.sky + lights.ground, view.astype(np.float32), through, low, 2 * cell,
    )  # fmt: skip
