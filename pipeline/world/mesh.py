"""The meshes of a person as one: skin, eyes, teeth, clothes and what is worn, ready for the camera and the light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.world import face_map
from pipeline.world.anatomy import Anatomy, Floats, Ints, anatomy, halves, unrolled
from pipeline.world.kernels import raster
from pipeline.world.person import Person
from pipeline.world.shape import shaped
from postprocess.labels import CelebAMask

EARS = "ears"


EYEBALL = 0.955
"""Radius of what is drawn of an eye, in radii of the sphere that its vertices lie on: it stays under the lids."""


class Material(IntEnum):
    """What a triangle is made of."""

    SKIN, EYE, TEETH, TONGUE, CLOTH, PROP = range(6)


@dataclass(frozen=True)
class Prop:
    """Something worn or held: points (n, 3), triangles (t, 3), colour (3,) or (n, 3) in linear light, gloss, label.

    Where `clip` (n,) is negative, nothing is left of it.
    """

    points: Floats
    triangles: Ints
    colour: Floats
    gloss: float
    label: int
    clip: Floats | None = None


@dataclass(frozen=True)
class Eyeball:
    """Centre (3,) and radius of an eye."""

    centre: Floats
    radius: float


@dataclass(frozen=True)
class Body:
    """A person's shape, before anything is worn.

    Attributes:
        skin: Fine vertices (m, 3); the first n, of the coarse mesh, include those of teeth and tongue.
        normals: (m, 3).
        eyes: The person's right and left eye, as they follow in the picture.
    """

    skin: Floats
    normals: Floats
    eyes: tuple[Eyeball, Eyeball]


@dataclass(frozen=True)
class Mesh:
    """All triangles of a picture.

    Attributes:
        points, normals: (v, 3); skin first, then clothes, eyes and props.
        canonical: (v, 3): canonical points of skin and clothes, place on the eyeball, colour of props.
        clip: (v,): where it is negative, nothing is drawn.
        triangles: (t, 3).
        material: (t,).
        labels: (t,): classes of all but the skin.
        gloss: (v,) of props.
    """

    points: Floats
    normals: Floats
    canonical: Floats
    clip: Floats
    triangles: Ints
    material: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    gloss: Floats


def unit(v: NDArray[np.floating]) -> Floats:
    """Vectors (..., 3) of length 1."""
    return np.asarray(v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-9), np.float32)


def fit_sphere(points: Floats) -> Eyeball:
    """The sphere nearest to points (n, 3) in the least-squares sense."""
    a = np.column_stack([2 * points, np.ones(len(points))]).astype(np.float64)
    x = np.linalg.lstsq(a, (points.astype(np.float64) ** 2).sum(1), rcond=None)[0]
    return Eyeball(x[:3].astype(np.float32), float(np.sqrt(x[3] + (x[:3] ** 2).sum())))


def fine(body: Anatomy, coarse: Floats) -> Floats:
    """Fine vertices (m, 3) of coarse ones, moved so that the ears, and with them the head, stay where they are."""
    points = np.asarray(body.steps @ coarse, np.float32)
    ears = body.masks[EARS] > 0.5
    return points + (body.canonical[ears].mean(0) - points[ears].mean(0))


@cache
def double_chin() -> Floats:
    """How points of the skin (m, 3) move with a full double chin, dm: in along the chin's edge, down behind it."""
    body = anatomy()
    (u, y), down = unrolled(body.canonical), -raster.vertex_normals(body.canonical, body.triangles)[:, 1]
    below = np.clip((6.44 - y) / 0.04, 0, 1) * np.clip((y - 6.1) / 0.1, 0, 1) * np.clip((0.85 - np.abs(u)) / 0.45, 0, 1)
    edge = np.exp(-(((down - 0.7) / 0.18) ** 2)) * (body.canonical[:, 2] > 0.95 - 0.5 * np.abs(u))
    roll = np.clip((down - 0.75) / 0.2, 0, 1)
    folded = edge[:, None] * [0, 0.045, -0.06] + roll[:, None] * [0, -0.11, 0.09]
    return np.asarray(below[:, None] * folded, np.float32)


def build_body(person: Person) -> Body:
    """The shape of a person in its expression."""
    body = anatomy()
    skin = fine(body, shaped(person))
    if person.original is not None:  # an edit of the face leaves skull, ears and shoulders where they are
        before, share = fine(body, shaped(person.original)), face_map.face(*unrolled(body.canonical))[:, None]
        if (person.age, person.female) != (person.original.age, person.original.female):
            skin = _fitted(skin, before, share * (1 - share))
        skin = np.asarray(before + share * (skin - before), np.float32)
    skin = skin + np.float32(person.double_chin) * double_chin()
    inner = np.concatenate([halves(body.parts[name]) for name in ("upper-teeth", "lower-teeth", "tongue")])
    normals = raster.vertex_normals(skin, np.concatenate([body.triangles, inner]))
    eyes = (fit_sphere(skin[np.unique(body.parts["r-eye"])]), fit_sphere(skin[np.unique(body.parts["l-eye"])]))
    return Body(skin, normals, eyes)


def _fitted(points: Floats, place: Floats, weight: Floats) -> Floats:
    """Points (m, 3) moved and scaled to lie nearest to `place` (m, 3) by `weight` (m, 1)."""
    weight = weight / weight.sum()
    middle, other = (place * weight).sum(0), (points * weight).sum(0)
    scale = (weight * (points - other) * (place - middle)).sum() / (weight * (points - other) ** 2).sum()
    return np.asarray(middle + scale * (points - other), np.float32)


def cap(rings: int, sides: int, angle: float) -> tuple[Floats, Ints]:
    """Part of a unit sphere about +z down to `angle` from it: points (rings * sides, 3), triangles."""
    t, f = np.meshgrid(np.linspace(0, angle, rings), np.arange(sides) * (2 * np.pi / sides), indexing="ij")
    points = np.stack([np.sin(t) * np.cos(f), np.sin(t) * np.sin(f), np.cos(t)], -1).reshape(-1, 3)
    return points.astype(np.float32), lattice(rings, sides, closed=True)


def lattice(rows: int, columns: int, closed: bool = False) -> Ints:
    """Triangles of a lattice of vertices numbered row by row; `closed` joins the last column to the first."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - (not closed)), indexing="ij")
    right = (j + 1) % columns
    corners = [i * columns + j, (i + 1) * columns + j, (i + 1) * columns + right, i * columns + right]
    return halves(np.stack([corner.ravel() for corner in corners], 1).astype(np.int32))


def tube(path: Floats, radius: float | Floats, sides: int = 8, closed: bool = False) -> tuple[Floats, Ints]:
    """A tube about a polyline (n, 3): points (n * sides, 3) and triangles."""
    ahead: Floats = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    if not closed:
        ahead[0], ahead[-1] = path[1] - path[0], path[-1] - path[-2]
    ahead = unit(ahead)
    across = unit(np.cross(ahead, [0.03, 0.05, 1.0] if np.abs(ahead[:, 2]).mean() < 0.6 else [0.0, 1.0, 0.05]))
    other, t = np.cross(ahead, across), np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(t)[None, :, None] * across[:, None] + np.sin(t)[None, :, None] * other[:, None]
    points = path[:, None] + np.reshape(radius, (-1, 1, 1)) * ring
    points = np.concatenate([points, points[:1]]) if closed else points
    return points.reshape(-1, 3).astype(np.float32), lattice(len(points), sides, closed=True)


def assemble(body: Body, cloth: tuple[Floats, Floats], props: Sequence[Prop]) -> Mesh:
    """One mesh of a body, clothes (offset from the skin (m,) and what is left of them above zero (m,)) and props."""
    data = anatomy()
    m = len(body.skin)
    offset, hem = cloth
    points, normals = [body.skin, body.skin + body.normals * offset[:, None]], [body.normals, body.normals]
    canonical, triangles = [data.canonical, data.canonical], [data.triangles]
    kinds = [(Material.SKIN, CelebAMask.SKIN, len(data.triangles))]

    def add(faces: Ints, material: Material, label: int) -> None:
        triangles.append(faces.astype(np.int32))
        kinds.append((material, CelebAMask(label), len(faces)))

    for name in ("upper-teeth", "lower-teeth", "tongue"):
        material = Material.TONGUE if name == "tongue" else Material.TEETH
        add(halves(data.parts[name]), material, CelebAMask.MOUTH)
    add(data.triangles[(hem > 0)[data.triangles].any(1)] + m, Material.CLOTH, CelebAMask.CLOTHES)
    count = 2 * m
    ball, faces = cap(14, 24, 0.6 * np.pi)
    for eye, label in zip(body.eyes, (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE), strict=True):
        points.append(eye.centre + ball * np.float32(eye.radius * EYEBALL))
        normals.append(ball)
        canonical.append(ball)
        add(faces + count, Material.EYE, label)
        count += len(ball)
    gloss = [np.zeros(count, np.float32)]
    for prop in props:
        points.append(prop.points)
        normals.append(raster.vertex_normals(prop.points, prop.triangles))
        canonical.append(np.broadcast_to(prop.colour, prop.points.shape).astype(np.float32))
        gloss.append(np.full(len(prop.points), prop.gloss, np.float32))
        add(prop.triangles + count, Material.PROP, prop.label)
        count += len(prop.points)
    clip = np.ones(count, np.float32)
    clip[m : 2 * m] = hem
    at = count - sum(len(prop.points) for prop in props)
    for prop in props:
        if prop.clip is not None:
            clip[at : at + len(prop.points)] = prop.clip
        at += len(prop.points)
    return Mesh(
        np.concatenate(points).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(canonical).astype(np.float32),
        clip,
        np.concatenate(triangles),
        np.concatenate([np.full(n, material, np.uint8) for material, _, n in kinds]),
        np.concatenate([np.full(n, label, np.uint8) for _, label, n in kinds]),
        np.concatenate(gloss),
    )
