"""Hair of the head: the strands between guide hairs, their clumps, curls and colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.world import face_map
from pipeline.world.anatomy import Floats, anatomy, unrolled
from pipeline.world.hair_guides import Roots, fringed, guides, parting, side_of
from pipeline.world.hair_light import Hair, density
from pipeline.world.hair_styles import AFRO, CURLY_CROP, SHAVEN, Style, hair_colour, style_of
from pipeline.world.hats import Hat, hides_hair, press
from pipeline.world.kernels import growth
from pipeline.world.mesh import Body, unit
from pipeline.world.person import Person
from pipeline.world.shell import CENTRE, shell_of
from pipeline.world.skin import hairline
from pipeline.world.stream import Stream

GUIDES, STRANDS = 900, 8600
WIDTH = 0.0062
"""Of a strand, dm; it stands for several hairs."""
DEEP = 0.12  # dm in the head: a mean of guides on two sides of it


def draw_roots(r: Stream, body: Body, count: int, region: Floats, chance: Floats | None = None) -> Roots:
    """Roots drawn evenly from the skin times `region` (m,) of its vertices, of which `chance` (m,) says who stays.

    The drawn ones do not depend on `chance`: where it changes a little, the other hairs stay.
    """
    data = anatomy()
    corners = data.canonical[data.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    total = np.cumsum(area * region[data.triangles].mean(1))
    picked = data.triangles[np.searchsorted(total, r.random(count) * total[-1])]
    w = r.dirichlet((1, 1, 1), count).astype(np.float32)[:, :, None]
    luck = r.random(count)
    if chance is not None:
        stays = luck < (w[:, :, 0] * chance[picked]).sum(1)
        picked, w = picked[stays], w[stays]
    points, normals, canonical = ((w * q[picked]).sum(1) for q in (body.skin, body.normals, data.canonical))
    return Roots(points, unit(normals), canonical)


def scalp(person: Person) -> tuple[Floats, Floats]:
    """Where hair may grow on a head (m,), and the chance that it does on this one (m,)."""
    data = anatomy()
    u, y = unrolled(data.canonical)
    ear = (np.abs(np.abs(u) - 1.22) < 0.24) & (np.abs(y - 7.15) < 0.26)
    skull = ~ear & (data.masks["inside-mouth"] < 0.3) & (y > 6.4)
    lowest = skull * np.clip((y - face_map.along(face_map.HAIRLINE, u) + 0.08) / 0.05, 0, 1)
    return lowest.astype(np.float32), np.clip((y - hairline(person, u)) / 0.09 + 0.15, 0, 1).astype(np.float32)


def grow(person: Person, body: Body, hat: Hat | None, amount: float = 1.0) -> Hair | None:
    """The hair of a person, None if bald or hidden; `amount`: share of the strands, which get wider by as much."""
    if person.bald > 0.5 or hides_hair(hat):
        return None
    r, style = person.stream("hair"), style_of(person)
    hanging = style.length is None and not style.round
    shell = shell_of(body, ears=hanging and not style.behind)
    region, chance = scalp(person)
    guide_roots = draw_roots(r, body, GUIDES, region, chance)
    leaders = guides(person, style, guide_roots, shell, body)
    count = int(STRANDS * amount * {"afro": 1.35, "shaven": 0.9}.get(style.name, 1.0))
    roots = draw_roots(r, body, count, region, chance)
    part = parting(person, style)

    def key(canonical: Floats) -> Floats:  # hairs beside each other follow different guides and locks across a parting
        return np.column_stack([canonical, 0.5 * side_of(style, part, canonical), 0.4 * fringed(person, canonical)])

    far, near = cKDTree(key(guide_roots.canonical)).query(key(roots.canonical), k=3)
    share = 1 / (np.asarray(far) + 0.03) ** 2
    share /= share.sum(1, keepdims=True)
    points = 6 if style is SHAVEN else (64 if hanging else 40) if person.curl > 0.5 else 30 if hanging else 20
    fields = np.asarray(near, np.int32), share.astype(np.float32), roots.points.astype(np.float32)
    strands = growth.spread(leaders, *fields, points)
    deep = growth.depth_inside(strands, shell.radius, CENTRE) > DEEP
    alone = np.zeros_like(fields[1][deep])
    alone[:, 0] = 1
    strands[deep] = growth.spread(leaders, fields[0][deep], alone, fields[2][deep], points)
    strands = _detail(person, style, strands, key(roots.canonical))
    outside = growth.depth_inside(strands, shell.radius, CENTRE) < DEEP
    strands, canonical = strands[outside], roots.canonical[outside]
    if style.knot is not None:
        strands = np.concatenate([strands, _knot(person, style.knot, points, count // 5)])
    strands = np.ascontiguousarray(press(strands, hat, shell), np.float32)
    return Hair(strands, _strand_colours(person, len(strands), canonical), density(strands, amount))


def _detail(person: Person, style: Style, strands: Floats, rest: Floats) -> Floats:
    """Clumps of two sizes, waves or curls, frizz and strays; strands near each other in `rest` (n, k) share a lock."""
    r, lock = person.stream("strands"), person.stream("locks")
    n, points = len(strands), strands.shape[1]
    if style is SHAVEN:
        return strands
    if style is AFRO:
        rate = 2 * np.pi / 0.11 * np.exp(r.normal(0, 0.15, n))
        return _wound(strands, np.full(n, lock.uniform(0.018, 0.035)), rate, r.uniform(0, 6.28, n))
    hanging, curly = style.length is None, person.curl > 0.5 and style.knot is None

    def clump(count: int, low: float, high: float, power: float) -> NDArray[np.int32]:
        nonlocal strands
        chosen = r.choice(n, min(count, n), replace=False)
        centre = chosen[np.asarray(cKDTree(rest[chosen]).query(rest)[1])].astype(np.int32)
        strands = growth.gather_clumps(strands, centre, r.uniform(low, high, n).astype(np.float32), power)
        return centre

    locks = int(lock.uniform(90, 260)) if hanging else int(lock.uniform(250, 700))
    centre = clump(locks, 0.1, 0.55, 0.9)
    clump(locks * 8, 0.0, 0.6, 1.0)
    size, period = 0.004 + lock.uniform(0, 0.05) * (hanging and style.knot is None), lock.uniform(0.7, 1.4)
    if curly:
        size, period = lock.uniform(0.05, 0.10), lock.uniform(0.40, 0.85)
    if style is CURLY_CROP:
        size, period = 0.6 * size, 0.5 * period
    rate = 2 * np.pi / period * np.exp(r.normal(0, 0.15, n)[centre])
    phase = r.uniform(0, 6.28, n)[centre] + r.normal(0, 0.35, n)
    strands = _wound(strands, size * np.exp(r.normal(0, 0.25, n)[centre]), rate, phase)
    if curly:
        strands = _wound(strands, np.full(n, 0.012), np.full(n, 25.0), r.uniform(0, 6.28, n))
    stray = (r.random(n) < 0.04)[:, None, None] * 0.08 + 0.01 + 0.02 * curly
    t = np.linspace(0, 1, points)[None, :, None]
    return strands + (stray * t * r.normal(size=(n, 1, 3)) * (1.0 if hanging else 0.4)).astype(np.float32)


def _wound(strands: Floats, size: Floats, rate: Floats, phase: Floats) -> Floats:
    growth.curl(strands, *(field.astype(np.float32) for field in (size, rate, phase)))
    return strands


def _knot(person: Person, place: tuple[float, float], points: int, count: int) -> Floats:
    """Strands of a knot: loops about a ball."""
    r = person.stream("knot")
    size = float(r.uniform(0.22, 0.36))
    centre = CENTRE + np.array([0, place[0] + 0.6 * size, place[1] - 0.4 * size])
    turns = np.linspace(0, 1, points) * r.uniform(1.5, 4.0, (count, 1)) + r.uniform(0, 6, (count, 1))
    axis = unit(r.normal(size=(count, 3)))
    a = unit(np.cross(axis, [0.3, 0.2, 0.9]))
    loop = np.cos(turns)[..., None] * a[:, None] + np.sin(turns)[..., None] * np.cross(axis, a)[:, None]
    return np.asarray(centre + loop * size * r.uniform(0.8, 1.0, (count, 1, 1)) * [1, 0.85, 0.9], np.float32)


def _strand_colours(person: Person, count: int, rest: Floats) -> Floats:
    """Colours (count, 3), at times in streaks; strands beyond the roots `rest` (n, 3) have none."""
    r = person.stream("strand colours")
    base = hair_colour(person) * np.exp(r.normal(0, 0.22, (count, 1))) * np.exp(r.normal(0, 0.05, (count, 3)))
    streaks = 0.25 * np.sin(rest[:, 0] * 31 + 3 * np.sin(rest[:, 2] * 13))
    base[: len(rest)] *= 1 + streaks[:, None] * (r.random() < 0.3)
    return np.clip(base, 0, 0.9).astype(np.float32)
