"""How eyes, teeth, clothes and things look in the light."""

from __future__ import annotations

import numpy as np

from pipeline.world.anatomy import Floats, unrolled
from pipeline.world.kernels import raster as k
from pipeline.world.landmarks import IRIS
from pipeline.world.light import Lights, harmonics, irradiance, tint
from pipeline.world.mesh import Material, unit
from pipeline.world.person import Person
from pipeline.world.stream import Stream


def gaze_of(person: Person) -> Floats:
    """Direction of the eyes (3,) in the head's frame: mostly towards the camera."""
    r = person.stream("gaze")
    aside, up = r.normal(0, (0.12, 0.06) if person.look == "wild" else (0.03, 0.02))
    yaw, pitch = np.radians([person.yaw, person.pitch])
    towards = 0.0 if person.look == "wild" and r.random() < 0.25 else 0.8
    return unit(
        np.array(
            [
                np.clip(-np.sin(yaw) * towards + aside, -0.45, 0.45),
                np.clip(np.sin(pitch) * towards + up, -0.25, 0.25),
                1.0,
            ]
        )
    )


def mirrored(lights: Lights, pixels: Floats, normal: Floats, view: Floats, sharp: float | Floats, f0: float) -> Floats:
    """Mirrored light (p, 3) of one lobe of the given sharpness; `f0`: reflectance at right angles."""
    facing = np.clip((normal * view).sum(1), 0.08, 1)
    mirror = 2 * (normal * view).sum(1, keepdims=True) * normal - view
    fresnel = f0 + (1 - f0) * (1 - facing) ** 5 * 0.6
    total = lights.ambient(mirror) * (pixels[:, k.OPEN] * 0.7)[:, None]
    width = sharp / (4 * facing)
    for i in range(len(lights.axes)):
        both = width * lights.sharpness[i] / (width + lights.sharpness[i])
        amount = both / lights.sharpness[i] * np.exp(both * (mirror @ lights.axes[i] - 1)) * pixels[:, k.VISIBLE + i]
        total = total + lights.colours[i] * amount[:, None]
    return np.asarray(total * fresnel[:, None], np.float32)


def split(pixels: Floats) -> tuple[Floats, Floats, Floats]:
    """Normal (p, 3), canonical point (p, 3) and irradiance (p, 3)."""
    light = pixels[:, k.LIGHT : k.LIGHT + 3]
    return unit(pixels[:, k.NORMAL : k.NORMAL + 3]), pixels[:, k.CANONICAL : k.CANONICAL + 3], light


def bare(lights: Lights, normal: Floats) -> Floats:
    """Irradiance (p, 3) at normals (p, 3) that nothing shades."""
    return np.asarray(np.maximum(harmonics(normal) @ irradiance(lights), 0), np.float32)


DARK_IRISES = np.array([[0.075, 0.035, 0.016], [0.05, 0.022, 0.011]])
LIGHT_IRISES = np.array([[0.10, 0.15, 0.20], [0.10, 0.12, 0.07], [0.13, 0.15, 0.16], [0.13, 0.085, 0.04]])


def iris_colour(person: Person, r: Stream) -> Floats:
    """Linear RGB (3,) of the rim of an iris: what a person's stream of the eyes begins with."""
    dark = r.random() < 0.35 or person.ancestry[2] < 0.6
    irises = DARK_IRISES if dark else LIGHT_IRISES
    return np.asarray(irises[r.integers(len(irises))] * np.exp(r.normal(-0.25, 0.15)))


def eyes(person: Person, lights: Lights, pixels: Floats, view: Floats) -> Floats:
    """Colour (p, 3) of eyeballs: a white that darkens under the lids, iris with fibres and limbus, pupil, cornea."""
    r = person.stream("eyes")
    normal, local, light = split(pixels)
    gaze, local = gaze_of(person), unit(local)
    cos = local @ gaze
    turn = np.arctan2(local[:, 1] - cos * gaze[1], local[:, 0] - cos * gaze[0])
    rho = np.arccos(np.clip(cos, -1, 1)) / IRIS
    outer = iris_colour(person, r)
    inner = outer * [1.5, 1.15, 0.8] + [0.02, 0.010, 0.0]
    fibre = np.zeros(len(rho))
    for frequency in (9, 14, 23, 31, 44):
        fibre += r.normal() * np.sin(turn * frequency + r.uniform(0, 6) + 1.5 * np.sin(rho * 5 + frequency)) / 2.5
    blend = np.clip((rho - 0.45) / 0.4, 0, 1)[:, None]
    iris = (inner * (1 - blend) + outer * blend) * np.exp(0.35 * fibre)[:, None]
    iris *= (np.clip((1.06 - rho) / 0.16, 0.12, 1) * np.clip((rho - r.uniform(0.36, 0.55)) / 0.06, 0.02, 1))[:, None]
    corner = np.clip((np.abs(local[:, :1]) - 0.35) / 0.45, 0, 1)
    white = np.array([0.50, 0.455, 0.435]) * r.uniform(0.85, 1.05) - [0.0, 0.10, 0.10] * corner
    edge = np.clip((rho - 0.95) / 0.13, 0, 1)[:, None]
    base = iris * (1 - edge) + white * edge
    bulge = unit(normal - 0.42 * gaze * (np.clip((1.1 - rho) / 0.3, 0, 1) * cos)[:, None])
    mirror = 2 * (bulge * view).sum(1, keepdims=True) * bulge - view
    shine = lights.ambient(mirror) * (0.016 * pixels[:, k.OPEN])[:, None]
    for i in range(len(lights.axes)):
        sharp = lights.sharpness[i]
        disc = np.clip(((mirror @ lights.axes[i]) - np.cos(1.1 / np.sqrt(sharp))) * sharp * 6 + 0.5, 0, 1)
        seen = np.clip(pixels[:, k.VISIBLE + i] * 1.5, 0, 1) * np.clip((1.15 - rho) / 0.1, 0.06, 1)
        shine = shine + 0.05 * np.minimum(lights.colours[i], 12) * (disc * seen)[:, None]
    return np.asarray(base * (1 + 0.15 * (1 - edge)) * light / np.pi + shine, np.float32)


def teeth(person: Person, lights: Lights, pixels: Floats, view: Floats) -> Floats:
    """Colour (p, 3) of teeth: gaps between them, darker towards the sides."""
    r = person.stream("teeth")
    normal, canonical, light = split(pixels)
    light = np.maximum(light, 0.25 * bare(lights, normal))  # the lips let more in than single rays find
    x = np.abs(canonical[:, 0])
    gap = np.abs(x[:, None] - [0, 0.082, 0.148, 0.215]).min(1)
    base = np.array([0.90, 0.84, 0.74]) * r.uniform(0.85, 1.15)
    base = base * (np.clip(0.55 + gap / 0.014, 0, 1) * np.clip(1.4 - 2.6 * x, 0.2, 1.1))[:, None]
    glow = 0.10 * light.max(0) if len(light) else 0.0  # teeth pass light on to one another
    return np.asarray(base * (light + glow) / np.pi + mirrored(lights, pixels, normal, view, 200.0, 0.03), np.float32)


def tongue(person: Person, lights: Lights, pixels: Floats, view: Floats) -> Floats:
    """Colour (p, 3) of the tongue."""
    normal, _, light = split(pixels)
    light = np.maximum(light, 0.12 * bare(lights, normal))
    return np.asarray(
        np.array([0.33, 0.10, 0.09]) * light / np.pi + mirrored(lights, pixels, normal, view, 50.0, 0.02), np.float32
    )


def things(person: Person, lights: Lights, pixels: Floats, view: Floats) -> Floats:
    """Colour (p, 3) of props: their own colour and gloss."""
    normal, colour, light = split(pixels)
    normal = np.where((normal * view).sum(1, keepdims=True) < 0, -normal, normal)
    sheen = pixels[:, k.SHEEN : k.SHEEN + 1]
    return np.asarray(colour * light / np.pi + sheen * mirrored(lights, pixels, normal, view, 120.0, 0.06), np.float32)


PATTERNS = ("plain", "stripes", "lines", "checks", "spots", "flecks")


def fabric(r: Stream) -> tuple[Floats, Floats, np.float64, str]:
    """Two colours (3,), size and one of PATTERNS: what a person's stream of the colour of clothes begins with."""
    base, second = (
        np.clip(float(np.exp(r.uniform(np.log(0.015), np.log(0.7)))) * tint(r, 0.35), 0.008, 0.8) for _ in range(2)
    )
    return base, second, r.uniform(12, 50), str(r.choice(PATTERNS, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]))


def cloth(person: Person, lights: Lights, pixels: Floats, view: Floats) -> Floats:
    """Colour (p, 3) of clothes: plain, striped, checked or printed, with a hem and soft folds."""
    r = person.stream("cloth colour")
    normal, canonical, light = split(pixels)
    u, y = unrolled(canonical)
    x = canonical[:, 0]
    base, second, size, kind = fabric(r)
    mix = np.zeros_like(x)
    if kind in ("stripes", "checks"):
        mix = mix + 0.5 * (np.sin(y * size) > r.uniform(-0.5, 0.5))
    if kind in ("lines", "checks"):
        mix = mix + 0.5 * (np.sin(x * size) > r.uniform(-0.5, 0.5))
    if kind == "spots":
        mix = (np.sin(x * size) * np.sin(y * size) > 0.4).astype(np.float32)
    if kind == "flecks":
        mix = (np.sin(x * size + 3 * np.sin(y * 17)) * np.sin(y * size * 0.8 + 3 * np.sin(x * 11)) > 0.2).astype(
            np.float32
        )
    mix = mix * (2 if kind in ("stripes", "lines") else 1)
    colour = base * (1 - mix[:, None]) + second * mix[:, None]
    phases = r.uniform(0, 6, 4)
    folds = 0.07 * np.sin(9 * x + 5 * y + phases[0] + 2 * np.sin(4 * y + phases[1]))
    folds += 0.05 * np.sin(21 * x - 8 * y + phases[2] + 2 * np.sin(9 * x + phases[3]))
    knit = 1 + folds + 0.06 * np.sin(u * 260) * np.sin(y * 330)
    hem = pixels[:, k.CLIP]
    rib = np.where(hem < 0.055, 0.85 + 0.12 * np.sin(u * 150), 1) * np.clip(0.55 + hem * 30, 0, 1)
    shine = r.choice([0.15, 0.15, 0.8]) * mirrored(lights, pixels, normal, view, 6.0, 0.03)
    return np.asarray(colour * (knit * rib)[:, None] * light / np.pi + shine, np.float32)


PAINT = {
    Material.EYE: eyes,
    Material.TEETH: teeth,
    Material.TONGUE: tongue,
    Material.CLOTH: cloth,
    Material.PROP: things,
}
"""Colour (p, 3) of pixels by material, from person, lights, pixels (p, COLUMNS) and directions to the eye."""
