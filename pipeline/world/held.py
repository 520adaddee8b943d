"""Jewellery, scarves and masks, and what gets between a face and the camera: hands, microphones."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.world import skin
from pipeline.world.anatomy import Floats, anatomy
from pipeline.world.camera import Camera
from pipeline.world.light import tint
from pipeline.world.mesh import Body, Prop, cap, lattice, tube
from pipeline.world.person import Person
from pipeline.world.shell import Shell
from pipeline.world.stream import Stream
from postprocess.labels import CelebAMask

GOLD, SILVER = (0.75, 0.5, 0.2), (0.7, 0.7, 0.7)
CIRCLE = np.linspace(0, 2 * np.pi, 40, endpoint=False)


def held_props(person: Person, body: Body, shell: Shell, camera: Camera) -> list[Prop]:
    """Everything of this kind; only `wild` people have any. A microphone has no class, hands and masks are clothes."""
    if person.look != "wild":
        return []
    r = person.stream("accessories")
    chances = r.random(6)
    out = list[Prop]()
    if chances[0] < (0.4 if person.female > 0.5 else 0.06):
        out += earrings(r, body)
    if chances[1] < (0.25 if person.female > 0.5 else 0.06):
        out.append(necklace(r, shell))
    if chances[2] < 0.08:
        out += scarf(r, shell)
    if chances[3] < 0.05:
        out += mask(r, shell)
    if chances[4] < 0.07:
        out += [hand(r, person, camera) for _ in range(int(r.choice([1, 1, 2])))]
    if chances[5] < 0.05:
        out += microphone(r, camera)
    return out


def _colour(r: Stream, low: float = 0.01, high: float = 0.7) -> Floats:
    return np.clip(float(np.exp(r.uniform(np.log(low), np.log(high)))) * tint(r, 0.4), 0.005, 0.8).astype(np.float32)


def ball(centre: Floats, radius: float, colour: Floats, gloss: float, label: int) -> Prop:
    """A ball."""
    points, faces = cap(12, 20, np.pi)
    return Prop((centre + radius * points).astype(np.float32), faces, colour, gloss, label)


def earrings(r: Stream, body: Body) -> list[Prop]:
    """Studs, drops or hoops at the lobes."""
    data, out = anatomy(), []
    kind, metal = r.choice(["stud", "drop", "hoop"]), np.array([GOLD, SILVER][r.integers(2)], np.float32)
    jewel, size = _colour(r, 0.03, 0.8) if r.random() < 0.5 else metal, float(r.uniform(0.03, 0.055))
    hoop = float(r.uniform(0.10, 0.28))
    for side in (-1, 1):
        ear = (data.masks["ears"] > 0.5) & (data.canonical[:, 0] * side > 0)
        rows = np.flatnonzero(ear)
        lobe = body.skin[rows[data.canonical[rows, 1].argsort()[:12]]].mean(0) + np.array([side * 0.03, 0.03, 0.03])
        if kind == "hoop":
            ring = lobe + np.stack(
                [0.15 * hoop * np.cos(CIRCLE), hoop * (np.sin(CIRCLE) - 1), hoop * np.cos(CIRCLE)], 1
            )
            out.append(Prop(*tube(ring.astype(np.float32), 0.012, closed=True), metal, 3.0, CelebAMask.EARRING))
        else:
            drop = 0.0 if kind == "stud" else float(hoop)
            out.append(ball(lobe - [0, drop, 0], size, jewel, 2.5, CelebAMask.EARRING))
            if drop:
                wire = np.linspace(lobe, lobe - [0, drop, 0], 4)
                out.append(Prop(*tube(wire.astype(np.float32), 0.008), metal, 3.0, CelebAMask.EARRING))
    return out


def necklace(r: Stream, shell: Shell) -> Prop:
    """A chain or beads about the neck."""
    height = (
        -1.72
        - float(r.uniform(0.0, 0.45)) * np.clip(np.cos(CIRCLE), 0, 1) ** 1.5
        + 0.35 * np.clip(-np.cos(CIRCLE), 0, 1)
    )
    path = shell.points(height.astype(np.float32), np.angle(np.exp(1j * CIRCLE)).astype(np.float32), 0.02)
    metal = np.array([GOLD, SILVER, (0.8, 0.75, 0.7)][r.integers(3)], np.float32)
    return Prop(*tube(path, float(r.uniform(0.012, 0.05)), closed=True), metal, 2.5, CelebAMask.NECKLACE)


def scarf(r: Stream, shell: Shell) -> list[Prop]:
    """Two or three thick turns of cloth about the neck."""
    colour, out = _colour(r), []
    for turn in range(int(r.integers(2, 4))):
        wave = 0.05 * np.sin(3 * CIRCLE + r.uniform(0, 6)) + 0.04 * np.sin(7 * CIRCLE + r.uniform(0, 6))
        height = (-1.45 - 0.17 * turn - 0.12 * np.cos(CIRCLE) + wave).astype(np.float32)
        path = shell.points(height, np.angle(np.exp(1j * CIRCLE)).astype(np.float32), 0.10 + 0.06 * turn)
        points, faces = tube(path, (0.16 + 0.05 * np.sin(5 * CIRCLE + turn)).astype(np.float32), 14, closed=False)
        dyed = colour * (1 + 0.3 * np.sign(np.sin(np.arange(len(points)) * 0.9)))[:, None] * 0.9
        out.append(Prop(points, faces, dyed.astype(np.float32), 0.05, CelebAMask.CLOTHES))
    return out


def mask(r: Stream, shell: Shell) -> list[Prop]:
    """A face mask over mouth and nose, at times under the nose, with its loops."""
    top = float(r.choice([-0.36, -0.36, -0.62]))
    colour = np.array([(0.35, 0.5, 0.6), (0.75, 0.75, 0.75), (0.02, 0.02, 0.02)][r.integers(3)], np.float32)
    v, u = np.meshgrid(np.linspace(0, 1, 24), np.linspace(-1, 1, 40), indexing="ij")
    angle = 0.80 * u
    height = top + 0.10 * u**2 * -1 + (-1.25 - top + 0.28 * u**2) * v
    off = (
        0.09
        + 0.07 * np.cos(u * 1.5) * np.sin(np.pi * v)
        + 0.16 * np.exp(-((u / 0.25) ** 2) - ((v - 0.2) / 0.25) ** 2)
        + 0.012 * np.sin(v * 19) * (1 - u**2)
    )
    outer = Shell(np.asarray(cv2.dilate(shell.radius, np.ones((5, 3))), np.float32))
    points = outer.points(height.astype(np.float32), angle.astype(np.float32), off.astype(np.float32))
    out = [Prop(points.reshape(-1, 3), lattice(24, 40), colour, 0.1, CelebAMask.CLOTHES)]
    for column, side in ((0, -1), (-1, 1)):
        for row in (2, -3):
            ear = shell.points(np.array(-0.2 - 0.15 * (row < 0)), np.array(side * 1.35), 0.05)
            loop = np.linspace(points[row, column], ear, 6)
            out.append(Prop(*tube(loop.astype(np.float32), 0.014), colour, 0.1, CelebAMask.CLOTHES))
    return out


def hand(r: Stream, person: Person, camera: Camera) -> Prop:
    """A hand at the chin, a cheek, the forehead, or waved before the face."""
    points, faces = anatomy().hand
    side = float(r.choice([-1, 1]))
    points, faces = points * [side, 1, 1], faces if side > 0 else faces[:, ::-1]
    points = points * (0.95 if person.female > 0.5 else 1.08)
    turn = Rotation.from_euler("zxy", [r.uniform(-60, 60) + 180, r.uniform(-40, 40), r.uniform(0, 360)], degrees=True)
    middle = points.mean(0)
    points = np.asarray(turn.apply(points - middle)) @ camera.rotation
    x, y = r.uniform(-0.85, 0.85), float(r.choice([r.uniform(-0.3, 0.4), r.uniform(0.5, 1.1)], p=[0.3, 0.7]))
    far = camera.distance - float(r.uniform(1.3, 2.2))
    target = camera.place(0.5 + 0.5 * x, 0.5 + 0.5 * y, far, 1)
    tone = skin.albedo(0.95 * person.tone if r.random() < 0.8 else float(r.uniform(0, 1)), 0.6)
    return Prop((points + target).astype(np.float32), faces, tone, 0.3, CelebAMask.CLOTHES)


def microphone(r: Stream, camera: Camera) -> list[Prop]:
    """A microphone below the mouth."""
    x, y = 0.5 + r.uniform(-0.15, 0.15), r.uniform(0.78, 0.92)
    head = camera.place(x, y, camera.distance - 1.9, 1)
    foot = camera.place(x + r.uniform(-0.4, 0.4), 1.35, camera.distance - 2.4, 1)
    dark, grey = np.array([0.02, 0.02, 0.02], np.float32), np.array([0.15, 0.15, 0.16], np.float32)
    body = np.linspace(head, foot, 8)
    return [
        ball(head, float(r.uniform(0.2, 0.3)), grey, 0.8, CelebAMask.BACKGROUND),
        Prop(*tube(body.astype(np.float32), 0.12, 14), dark, 0.6, CelebAMask.BACKGROUND),
    ]
