"""Skin: maps of its pigments, relief and gloss over the unrolled head, and their look in the light."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from pipeline.world import face_map
from pipeline.world.anatomy import Floats
from pipeline.world.face_map import blob
from pipeline.world.kernels.skin import OF_HAEMOGLOBIN, OF_MELANIN, WHITE, shade_skin
from pipeline.world.light import Lights
from pipeline.world.person import Person
from pipeline.world.stream import Stream

WIDE = 512  # texels of a map's side
U_RANGE, Y_RANGE = (-2.0, 2.0), (5.4, 8.6)
MELANIN, HAEMOGLOBIN, SLOPE_U, SLOPE_Y, GLOSS, COVER, CHANNELS = range(7)

Noise = Callable[..., Floats]


@cache
def sheet() -> tuple[Floats, Floats]:
    """Canonical coordinates u and y of every texel."""
    at = (np.arange(WIDE, dtype=np.float32) + 0.5) / WIDE
    u, y = np.meshgrid(U_RANGE[0] + at * 4, Y_RANGE[1] - at * np.float32(3.2))
    return u.astype(np.float32), y.astype(np.float32)


def noise_of(r: Stream) -> Noise:
    """A function of cells and octaves that gives smooth noise (WIDE, WIDE) of about unit variance."""

    def noise(cells: int, octaves: int = 1) -> Floats:
        out = np.zeros((WIDE, WIDE), np.float32)
        for octave in range(octaves):
            n = cells * 2**octave
            small = r.standard_normal((n, n), np.float32)
            mode = cv2.INTER_LINEAR if n < WIDE else cv2.INTER_AREA
            out += cv2.resize(small, (WIDE, WIDE), interpolation=mode) * np.float32(1.8**-octave)
        return out

    return noise


def strokes(lines: list[tuple[list[tuple[float, float]], float]], width: int, blur: float) -> Floats:
    """Polylines of (u, y) with their strengths, on both sides of the face, as soft grooves 0..1 (WIDE, WIDE)."""
    image = np.zeros((WIDE, WIDE), np.float32)
    for line, strength in lines:
        for side in (-1, 1):
            points = [(((side * u + 2) / 4 * WIDE - 0.5) * 8, ((8.6 - y) / 3.2 * WIDE - 0.5) * 8) for u, y in line]
            cv2.polylines(image, [np.array(points, np.int32)], False, strength, width, cv2.LINE_AA, 3)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)


@cache
def regions() -> dict[str, Floats]:
    """Soft regions of the face (WIDE, WIDE) in 0..1 that are the same for everybody."""
    u, y = sheet()
    face = np.clip((y - 6.2) / 0.3, 0, 1) * np.clip((1.5 - np.abs(u)) / 0.4, 0, 1)
    red = 0.36 * blob(u, y, 0.40, 7.0, 0.24, 0.24) + 0.40 * blob(u, y, 0, 6.97, 0.13, 0.12)
    red += 0.35 * blob(u, y, 1.22, 7.15, 0.25, 0.3) + 0.22 * blob(u, y, 0, 6.40, 0.15, 0.1)
    red += 0.18 * blob(u, y, 0.28, 7.22, 0.12, 0.06) - 0.18 * blob(u, y, 0, 7.75, 0.5, 0.25)
    red -= 0.12 * blob(u, y, 0, 6.8, 0.12, 0.05) + 0.1 * (y < 6.3)
    out = {
        "face": face,
        "red": red,
        "bag": blob(u, y, 0.27, 7.20, 0.13, 0.045) + 0.5 * blob(u, y, 0.15, 7.27, 0.05, 0.06),
        "bag ridge": blob(u, y, 0.27, 7.215, 0.10, 0.03),
        "bag crease": blob(u, y, 0.28, 7.165, 0.11, 0.014),
        "eye socket": blob(u, y, 0.27, 7.42, 0.16, 0.07),
        "forehead": blob(u, y, 0, 7.8, 0.5, 0.2),
        "freckled": blob(u, y, 0.25, 7.08, 0.4, 0.22) + 0.25 * face,
        "shiny": 0.45 * blob(u, y, 0, 7.1, 0.12, 0.35) + 0.3 * blob(u, y, 0, 7.75, 0.4, 0.2),
        "nostril": np.clip(1.6 * blob(u, y, 0.072, 6.932, 0.034, 0.018), 0, 1),
        "cheek": blob(u, y, 0.52, 7.02, 0.22, 0.16),
        "upper lid": blob(u, y, 0.27, 7.395, 0.15, 0.035),
        "beard": face_map.beard(u, y),
        "ear": (blob(u, y, 1.22, 7.15, 0.2, 0.22) > 0.4).astype(np.float32),
    }
    return {name: np.asarray(region, np.float32) for name, region in out.items()}


def hairline(person: Person, u: Floats) -> Floats:
    """Height (dm) of the hair's border at angles u: receding in men with the years; an edit does not move it."""
    r, a = person.stream("hairline"), np.abs(u)
    person = person.original or person
    share, phase, shift = r.uniform(0, 1), r.uniform(0, 6), r.uniform(-0.05, 0.05)
    recede = max(0.0, (1 - person.female) * (person.years - 26) / 55) * share
    line = face_map.along(face_map.HAIRLINE, u) + 0.26 * recede * np.exp(-(((a - 0.5) / 0.22) ** 2))
    line += 0.10 * recede * np.exp(-((a / 0.5) ** 2)) + 0.02 * np.sin(u * 7 + phase) + shift * (a < 1)
    return np.asarray(line, np.float32)


def maps(person: Person, scalp_shown: float) -> Floats:
    """The maps (WIDE, WIDE, CHANNELS); `scalp_shown`: 1 where the head is bald, 0 under thick hair."""
    r, (u, y), at = person.stream("skin"), sheet(), regions()
    noise, old = noise_of(r), person.wrinkled
    face = at["face"]
    haemo = 0.45 + r.uniform(0.35, 0.9) * at["red"] + 0.04 * noise(10, 2) + 0.04 * noise(90, 2) + 0.03 * noise(300)
    haemo += (0.03 + 0.10 * old) * np.clip(noise(160, 2) - 1.1, 0, 2) * face
    melanin = person.tone * 0.95 + 0.014 * noise(8, 2) + 0.009 * noise(120, 2)
    bags = person.eye_bags
    melanin += (0.05 + 0.10 * bags) * at["bag"] + 0.05 * at["eye socket"] + 0.03 * at["forehead"]
    haemo += (0.04 + 0.12 * bags) * at["bag"]
    freckles = float(r.random()) ** 3 * (1 if person.tone < 0.35 else 0.25)
    melanin += 0.20 * freckles * np.clip(noise(230) - 1.15, 0, 1.2) * at["freckled"]
    melanin += 0.30 * old**2 * np.clip(noise(70) - 1.75, 0, 0.6) * face
    moles = r.integers(0, 5)
    for mole_u, mole_y, size in r.uniform((-0.8, 6.4, 0.007), (0.8, 7.9, 0.014), (4, 3))[:moles]:
        melanin += 0.45 * np.exp(-(((u - mole_u) ** 2 + (y - mole_y) ** 2) / size**2))
    (blush, shadow), shaved = r.random(2) * (person.female > 0.5) * (r.random() < 0.5), r.uniform(0, 1)
    melanin += 0.65 * at["nostril"]
    groove = _grooves(person, r)
    height = -0.026 * groove + (0.0007 + 0.0007 * old) * np.clip(noise(260) + noise(500), -2, 2) * face
    height += 0.0014 * old * noise(40, 2) * face + 0.0006 * noise(60)
    height += 0.013 * max(0.0, bags) * (at["bag ridge"] - 0.8 * at["bag crease"])
    lips = np.exp(-((u / 0.2) ** 2) - ((y - 6.68) / 0.1) ** 2)
    height += 0.0035 * lips * np.sin(u * 75 + 2 * noise(30))
    haemo += 0.07 * groove
    melanin += 0.05 * groove
    gloss = 0.75 + at["shiny"] + 0.15 * noise(120, 2) + 0.15 * noise(400) - 0.25 * old
    haemo += 0.3 * blush * at["cheek"]
    melanin += 0.5 * shadow**2 * at["upper lid"]
    stubble = at["beard"] * np.clip(1 + 0.35 * noise(220), 0.3, 2)
    bristle = (0.14 * (1 - person.female) * shaved + 0.45 * min(1.0, 1.6 * person.beard)) * stubble
    scalp = np.clip((y - hairline(person, u)) / 0.10, 0, 1) * (1 - at["ear"]) * (0.78 - 0.68 * scalp_shown)
    cover = np.clip(np.maximum(np.maximum(0.3 * face_map.brow(u, y, 0.9), bristle), scalp), 0, 0.95)
    slope_u = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8) / np.float32(4 / WIDE * 1.15)
    slope_y = -cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8) / np.float32(3.2 / WIDE)
    return np.ascontiguousarray(np.stack([melanin, haemo, slope_u, slope_y, gloss, cover], -1), np.float32)


def _grooves(person: Person, r: Stream) -> Floats:
    """Wrinkles, the folds of a smile and the fold of the upper lid, as one relief 0..1."""

    def near(u: float, y: float) -> tuple[float, float]:
        return u + float(r.normal(0, 0.012)), y + float(r.normal(0, 0.012))

    old, deep = person.wrinkled, 1.5 * person.wrinkled**1.3 + 0.03
    fold = [(0.155, 7.0), near(0.20, 6.92), near(0.245, 6.80), near(0.27, 6.68), near(0.265, 6.60)]
    crow = [[(0.43, 7.34 + k * 0.008), near(0.49, 7.34 + k * 0.03), near(0.55, 7.33 + k * 0.055)] for k in range(-2, 3)]
    forehead = [
        [(0.0, h), near(0.15, h + 0.01), near(0.3, h + 0.03), near(0.42 + r.uniform(-0.1, 0.1), h + 0.01)]
        for h in (7.66, 7.735, 7.81, 7.89)
    ]
    frown = [(0.05, 7.46), near(0.055, 7.53), near(0.045, 7.60)]
    under = [
        [(0.15, 7.26), near(0.21, 7.215), near(0.29, 7.20), near(0.37, 7.24)],
        [(0.17, 7.22), near(0.24, 7.165), near(0.32, 7.16)],
    ]
    lid = [(0.155, 7.365), (0.20, 7.405), (0.27, 7.428), (0.34, 7.415), (0.41, 7.365)]
    lines = [(fold, 1.0), (frown, 0.4), *((line, 0.6) for line in crow)]
    lines += [(line, float(r.uniform(0.3, 0.8))) for line in forehead]
    lines += [(line, 0.6 + max(0.0, person.eye_bags)) for line in under]
    laugh = [(fold, min(1.0, 0.9 * person.smile)), *((line, 0.35 * person.smile * (0.2 + old)) for line in crow)]
    groove = deep * strokes(lines, 1, 0.9) + strokes(laugh, 2, 2.2) + 0.25 * deep * strokes(lines, 3, 3)
    crease = r.uniform(0.3, 0.8) * (1 - 0.7 * person.ancestry[1])
    wing = [(0.135, 6.925), (0.165, 6.955), (0.168, 7.01), (0.145, 7.07)]
    return np.asarray(groove + strokes([(lid, crease), (wing, 0.55)], 1, 1.1), np.float32)


def albedo(melanin: float, haemoglobin: float = 0.45) -> Floats:
    """Linear RGB (3,) of skin from its two pigments, as exponentials of their absorption."""
    white, of_melanin, of_haemo = (np.array(each, np.float32) for each in (WHITE, OF_MELANIN, OF_HAEMOGLOBIN))
    return np.asarray(white * np.exp(-melanin * of_melanin - (haemoglobin - 0.45) * of_haemo), np.float32)


def scatter(light: Floats, mask: Floats, pixels: float) -> Floats:
    """Irradiance (n, n, 3) as it spreads under the skin: each channel blurred, red widest; `pixels` per dm."""
    out = np.empty_like(light)
    kernels_of_channel = (((0.036, 0.35), (0.016, 0.35)), ((0.022, 0.45), (0.008, 0.25)), ((0.012, 0.4), (0.006, 0.2)))
    for channel, widths in enumerate(kernels_of_channel):
        kept, rest = np.zeros_like(mask), 1.0
        for sigma, share in widths:
            radius = max(0.3, sigma * pixels)
            weight = np.maximum(cv2.GaussianBlur(mask, (0, 0), radius), 1e-3)
            kept += share * cv2.GaussianBlur(light[..., channel], (0, 0), radius) / weight
            rest -= share
        out[..., channel] = kept + rest * light[..., channel]
    return out


def shade(
    person: Person, lights: Lights, harmonic: Floats, texture: Floats, pixels: Floats, view: Floats, hair: Floats
) -> tuple[Floats, Floats, Floats]:
    """Albedo, irradiance and shine (p, 3 each) of pixels of skin; `pixels` as of raster.interpolate, `view` (p, 3)."""
    r = person.stream("surface")
    oil, hue = float(r.uniform(0.8, 2.0)), r.uniform((0.2, 0.04, 0.05), (0.45, 0.12, 0.13)).astype(np.float32)
    made_up = float((person.female > 0.5) * (r.random() < 0.5) * r.uniform(0.2, 1.0))
    return shade_skin(
        pixels, view, texture, harmonic, lights.axes, lights.sharpness, lights.colours, lights.sky, lights.ground,
        lights.up, hair.astype(np.float32), hue, made_up, oil, float(r.uniform(0.25, 1.0)), person.female,
    )  # fmt: skip
