"""Light: soft lobes (windows, lamps, the sun) and a sky, and what of it reaches each point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from pipeline.world.anatomy import Floats, Ints
from pipeline.world.kernels import marching
from pipeline.world.mesh import unit
from pipeline.world.person import Person
from pipeline.world.stream import Stream

LOBES, RAYS_PER_LOBE, RAYS_OF_SKY = 3, 12, 36
GOLDEN = 2.39996


def kelvin(t: float) -> Floats:
    """Linear RGB of white light of a colour temperature, 6500 K being white."""
    warmth = (6500 - t) / 1200
    return np.array([1.0, 0.94**warmth, 0.85**warmth], np.float32)


def tint(r: Stream, strength: float) -> Floats:
    """A random colour about white."""
    colour = np.exp(r.normal(0, strength, 3))
    return np.asarray(colour / colour.mean(), np.float32)


@dataclass(frozen=True)
class Lights:
    """Spherical Gaussians (Wang et al., SIGGRAPH Asia 2009) over a sky.

    Attributes:
        axes: Unit vectors towards the lobes (LOBES, 3).
        sharpness: (LOBES,).
        colours: Radiance in their middle (LOBES, 3).
        sky, ground: Radiance above and below (3,).
        up: Direction of the brightest sky (3,).
    """

    axes: Floats
    sharpness: Floats
    colours: Floats
    sky: Floats
    ground: Floats
    up: Floats

    def ambient(self, directions: Floats) -> Floats:
        """Radiance (..., 3) of sky and ground."""
        t = np.clip(0.5 + 0.5 * (directions @ self.up), 0, 1)[..., None]
        return np.asarray(self.ground * (1 - t) + self.sky * t, np.float32)

    def samples(self) -> tuple[Floats, Floats, Ints]:
        """Directions (d, 3), radiance times solid angle of each (d, 3), lobe of each (-1: sky)."""
        share = (np.arange(RAYS_PER_LOBE) + 0.5) / RAYS_PER_LOBE
        phi = np.arange(RAYS_PER_LOBE) * GOLDEN
        directions, power = [], []
        for axis, k, colour in zip(self.axes, self.sharpness, self.colours, strict=True):
            cos = np.maximum(1 + np.log(1 - share * (1 - np.exp(-2 * k))) / k, -1)
            sin = np.sqrt(1 - cos * cos)
            a = unit(np.cross(axis, [0.3, 0.9, 0.1]))
            ring = np.cos(phi)[:, None] * a + np.sin(phi)[:, None] * np.cross(axis, a)
            directions.append(cos[:, None] * axis + sin[:, None] * ring)
            power.append(np.tile(colour * 2 * np.pi / k * (1 - np.exp(-2 * k)) / RAYS_PER_LOBE, (RAYS_PER_LOBE, 1)))
        y, phi = 1 - (2 * np.arange(RAYS_OF_SKY) + 1) / RAYS_OF_SKY, np.arange(RAYS_OF_SKY) * GOLDEN
        flat = np.sqrt(1 - y * y)
        sky = unit(np.stack([flat * np.cos(phi), y, flat * np.sin(phi)], 1))
        lobe = np.r_[np.repeat(np.arange(LOBES), RAYS_PER_LOBE), np.full(RAYS_OF_SKY, -1)]
        power.append(self.ambient(sky) * (4 * np.pi / RAYS_OF_SKY))
        return unit(np.concatenate([*directions, sky])), np.concatenate(power).astype(np.float32), lobe.astype(np.int32)


def lights_of(person: Person, rotation: Floats) -> Lights:
    """The light of a person's picture; `rotation` is the camera's, in whose frame lamps are placed."""
    r = person.stream("light")
    side, warm = float(r.choice([-1.0, 1.0])), float(r.uniform(4200, 8200))
    uniform = r.uniform
    key = [side * uniform(0.1, 0.9), uniform(0.2, 0.8), uniform(0.6, 1.1)]
    fill = [-side * uniform(0.5, 1.2), uniform(-0.1, 0.4), uniform(0.5, 1.0)]
    rim = [-side * uniform(0.4, 1.0), uniform(0.3, 1.0), uniform(-1.2, -0.5)]
    soft, power, fill_power, rim_power = np.exp(uniform(np.log(8), np.log(60))), 1.45, uniform(0.05, 0.4), uniform(0, 2)
    sky = float(uniform(0.10, 0.35))
    hues = [kelvin(warm), kelvin(warm + 1200), kelvin(float(uniform(4500, 8000)))]
    kind = str(
        r.choice(["studio", "window", "sun", "shade", "flash", "rim", "coloured", "low"], p=CHANCES[person.look])
    )
    if kind == "window":
        key, soft, fill_power, sky = (
            [side * uniform(0.8, 1.6), uniform(0.0, 0.5), uniform(0.1, 0.7)],
            uniform(4, 10),
            uniform(0, 0.15),
            0.14,
        )
    elif kind == "sun":
        key, soft, power = [side * uniform(0.2, 1.4), uniform(0.5, 1.5), uniform(-0.2, 1.0)], uniform(90, 250), 2.0
        sky, hues = float(uniform(0.2, 0.45)), [kelvin(float(uniform(4200, 5800))), kelvin(7500), kelvin(5500)]
    elif kind == "shade":
        soft, power, fill_power, rim_power, sky = 3.0, 0.4, 0.1, uniform(0, 0.5), float(uniform(0.5, 0.8))
    elif kind == "flash":
        key, soft, power = [side * uniform(0, 0.15), uniform(0.05, 0.3), 1.0], uniform(120, 300), 2.0
        fill_power, rim_power, sky = uniform(0, 0.05), uniform(0, 0.3), float(uniform(0.03, 0.12))
    elif kind == "rim":
        rim_power, power, sky = uniform(4, 9), 0.8, float(uniform(0.15, 0.35))
    elif kind == "coloured":
        hues = [tint(r, 0.45), tint(r, 0.6), tint(r, 0.6)]
        fill_power, rim_power = uniform(0.2, 0.8), uniform(1, 4)
    elif kind == "low":
        key = [side * uniform(0.0, 0.8), uniform(-0.6, 0.1), uniform(0.6, 1.0)]
    axes = unit(unit(np.array([key, fill, rim])) @ rotation)
    sharpness = np.array([soft, 5.0, 14.0], np.float32)
    strengths = np.array([power * soft / 6, fill_power, rim_power])
    blue = kelvin(float(uniform(5500, 9500))) * (tint(r, 0.3) if kind == "coloured" else 1)
    ground = sky * uniform(0.3, 0.75) * np.array([1.05, 0.95, 0.85])
    up = unit(np.array([0, 1, 0.25])) @ rotation
    return Lights(
        axes,
        sharpness,
        (strengths[:, None] * hues).astype(np.float32),
        (sky * blue).astype(np.float32),
        ground.astype(np.float32),
        up,
    )


CHANCES = {
    "studio": (0.57, 0.12, 0.05, 0.13, 0.03, 0.07, 0.0, 0.03),
    "wild": (0.22, 0.15, 0.18, 0.16, 0.10, 0.08, 0.06, 0.05),
}


def harmonics(n: Floats) -> Floats:
    """Values (..., 9) of the real spherical harmonics up to degree 2."""
    x, y, z = n[..., 0], n[..., 1], n[..., 2]
    squares = [
        1.092548 * x * y,
        1.092548 * y * z,
        0.315392 * (3 * z * z - 1),
        1.092548 * x * z,
        0.546274 * (x * x - y * y),
    ]
    return np.stack([0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x, *squares], -1).astype(np.float32)


COSINE = np.array([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5, np.float32)
"""What a clamped cosine makes of each harmonic (Ramamoorthi and Hanrahan, SIGGRAPH 2001)."""


class Density(NamedTuple):
    """Hair per volume on a grid (i, j, k) of cubic cells with a corner at `low`."""

    grid: Floats
    low: Floats
    cell: float


class Received(NamedTuple):
    """Light at n points: irradiance (n, 3), share of each lobe that is seen (n, LOBES), share of the sky (n,)."""

    irradiance: Floats
    visible: Floats
    open: Floats


def irradiance(lights: Lights) -> Floats:
    """Harmonics (9, 3) of what arrives at an unoccluded surface by its normal."""
    directions, power, _ = lights.samples()
    return np.asarray((harmonics(directions).T @ power) * COSINE[:, None], np.float32)


def front(rotation: Floats) -> Floats:
    """Normals (3, 3) of the two sides and the middle of a face, for the camera's rotation."""
    return unit(rotation[2] + 0.7 * np.array([[-1], [0], [1]]) * rotation[0])


def exposure(person: Person, lights: Lights, rotation: Floats) -> float:
    """Factor that brings a face in this light to a usual brightness; darker skin is exposed for in part.

    `rotation` is the camera's.
    """
    r = person.stream("exposure")
    level = float((np.maximum(harmonics(front(rotation)) @ irradiance(lights), 0) @ [0.3, 0.5, 0.2]).mean() / np.pi)
    return 0.56 * (1 + 0.75 * person.tone) * float(np.exp(r.normal(0, 0.08))) / level


def receive(
    lights: Lights, points: Floats, normals: Floats, occluders: Floats, hair: Density | None, bounce: Floats
) -> Received:
    """What reaches points (n, 3): rays against `occluders` (t, 3, 3) and through the hair; `bounce`: skin's colour."""
    directions, power, lobe = lights.samples()
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(occluders, np.float32))
    cos = np.maximum(normals @ directions.T, 0)
    who, which = np.nonzero(cos > 0.02)
    origins = (points + normals * 0.012)[who].astype(np.float32)
    along = np.ascontiguousarray(directions[which])
    hit = np.asarray(scene.run(origins, along, query="OCCLUDED")) >= 0
    clear = np.where(hit, 0, 1).astype(np.float32)
    if hair is not None:
        free = np.flatnonzero(~hit)
        clear[free] = marching.march(origins[free], along[free], hair.grid, hair.low, hair.cell, 2.2, 0.05)
    seen = np.zeros(cos.shape, np.float32)
    seen[who, which] = clear
    weighted = seen * cos

    def share(columns: NDArray[np.bool_]) -> Floats:
        return np.asarray(weighted[:, columns].sum(1) / (cos[:, columns].sum(1) + 1e-3), np.float32)

    open_ = share(lobe < 0)
    e = weighted @ power
    e = e + (1 - open_)[:, None] * e.mean(0) * bounce * 0.9
    return Received(e.astype(np.float32), np.stack([share(lobe == i) for i in range(LOBES)], 1), open_)
