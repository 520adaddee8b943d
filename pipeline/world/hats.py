"""What is worn on the head: caps, hats, hoods, headscarves and bands, on the shell of the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.world.anatomy import Floats
from pipeline.world.light import tint
from pipeline.world.mesh import Prop, lattice
from pipeline.world.person import Person
from pipeline.world.shell import Shell
from pipeline.world.stream import Stream
from postprocess.labels import CelebAMask

ROWS, COLUMNS = 40, 72
ANGLES = np.linspace(-np.pi, np.pi, COLUMNS).astype(np.float32)


@dataclass(frozen=True)
class Hat:
    """A hat's kind, and the height coordinate of its border in front and behind."""

    kind: str
    front: float
    back: float

    def border(self, angle: Floats) -> Floats:
        """Height coordinate of the border at angles about the head."""
        t = 0.5 + 0.5 * np.cos(angle)
        return np.asarray(self.back + (self.front - self.back) * t, np.float32)


def hat_of(person: Person) -> Hat | None:
    """The hat of a person, if any: only `wild` people wear some."""
    r = person.stream("hat")
    if person.look != "wild" or r.random() > 0.17:
        return None
    kind = str(
        r.choice(
            ["beanie", "cap", "brimmed", "scarf", "hood", "band", "helmet"],
            p=[0.22, 0.24, 0.16, 0.14, 0.10, 0.07, 0.07],
        )
    )
    front = {"beanie": 0.38, "cap": 0.42, "brimmed": 0.45, "scarf": 0.42, "hood": 0.62, "band": 0.42, "helmet": 0.42}[
        kind
    ]
    back = {"beanie": -0.35, "cap": -0.05, "brimmed": -0.05, "scarf": -2.5, "hood": -2.5, "band": 0.0, "helmet": -0.4}[
        kind
    ]
    return Hat(kind, front + float(r.uniform(-0.04, 0.14)), back)


def hides_hair(hat: Hat | None) -> bool:
    """Whether no hair is seen."""
    return hat is not None and hat.kind == "scarf"


def press(strands: Floats, hat: Hat | None, shell: Shell) -> Floats:
    """Strands (s, p, 3) with what lies under the hat pressed to the head."""
    if hat is None:
        return strands
    height, angle, radius = shell.coordinates(strands)
    low = hat.border(angle) - (0.9 if hat.kind == "band" else 0.0)
    flat = shell.points(height, angle, 0.01)
    under = (
        (height > low) & (radius > shell.coordinates(flat)[2]) if hat.kind != "band" else np.zeros(height.shape, bool)
    )
    return np.where(under[..., None], flat, strands).astype(np.float32)


def hat_props(person: Person, hat: Hat | None, shell: Shell) -> list[Prop]:
    """The meshes of a hat."""
    if hat is None:
        return []
    r = person.stream("hat colour")
    colour = np.clip(float(np.exp(r.uniform(np.log(0.01), np.log(0.6)))) * tint(r, 0.4), 0.005, 0.8)
    border = hat.border(ANGLES)
    t = np.linspace(0, 1, ROWS, dtype=np.float32)[:, None]
    top = np.float32(np.pi / 2 - 0.01)
    height, angle = border + (top - border) * t, np.broadcast_to(ANGLES, (ROWS, COLUMNS))
    faces, gloss, props = lattice(ROWS, COLUMNS), 0.1, []
    pattern: Floats = np.ones((ROWS, COLUMNS))
    if hat.kind == "beanie":
        off = 0.10 + 0.10 * np.clip(1 - t * 5, 0, 1) * (r.random() < 0.7) + r.uniform(0, 0.3) * t**3
        pattern = 0.8 + 0.2 * np.sin(angle * 48) + 0 * t
    elif hat.kind == "cap":
        off, gloss = 0.07 + 0.22 * np.sin(np.pi * np.clip(t * 0.8, 0, 1)), 0.15
        pattern = 1 - 0.25 * (np.abs(np.sin(angle * 3)) < 0.03) + 0 * t
    elif hat.kind == "brimmed":
        off = 0.08 + r.uniform(0.4, 0.7) * np.clip(t * 2.2, 0, 1) * np.clip((1 - t) * 4, 0, 1) ** 0.3
        pattern = np.where(t < 0.18, 0.35, 1.0) * np.ones_like(pattern)
    elif hat.kind == "helmet":
        off, gloss = 0.22 + 0 * t, 0.9
    else:
        off = 0.09 + 0 * t
    if hat.kind in ("scarf", "hood"):
        return [_wrapped(person, hat, shell, colour)]
    if hat.kind == "band":
        height = border + 0.22 * t * (1 + 0.2 * np.cos(angle))
        off = 0.10 + 0.02 * np.sin(np.pi * t)
    points = shell.points(height, angle, off + 0 * angle)
    dyed = (pattern[..., None] * colour).reshape(-1, 3)
    props.append(Prop(points.reshape(-1, 3), faces, dyed.astype(np.float32), gloss, CelebAMask.HAT))
    if hat.kind in ("cap", "brimmed"):
        props.append(_brim(r, hat, shell, colour))
    return props


def _brim(r: Stream, hat: Hat, shell: Shell, colour: Floats) -> Prop:
    span = 1.0 if hat.kind == "cap" else np.pi
    width = r.uniform(0.5, 0.8) if hat.kind == "cap" else r.uniform(0.35, 0.9)
    angle = np.linspace(-span, span, 48, dtype=np.float32)[None]
    t = np.linspace(0, 1, 8, dtype=np.float32)[:, None]
    reach = width * (np.maximum(np.cos(angle / span * np.pi / 2), 0) ** 0.6 if hat.kind == "cap" else 1 + 0 * angle)
    height = np.broadcast_to(hat.border(angle), (8, 48))
    points = shell.points(height, np.broadcast_to(angle, (8, 48)), 0.04 + 0 * t + 0 * angle)
    outward = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], -1)
    points = points + outward * (reach * t)[..., None]
    bend = (
        -0.18 * t**2 * (0.4 + 0.6 * (angle / span) ** 2)
        if hat.kind == "cap"
        else r.uniform(-0.3, 0.1) * t**2 + 0 * angle
    )
    points[..., 1] += bend
    return Prop(points.reshape(-1, 3), lattice(8, 48), (0.85 * colour).astype(np.float32), 0.1, CelebAMask.HAT)


def _wrapped(person: Person, hat: Hat, shell: Shell, colour: Floats) -> Prop:
    """A headscarf or a hood: over head, neck and shoulders, with a window for the face."""
    r = person.stream("wrap")
    rows = np.concatenate([np.linspace(-2.6, 0, 44), np.linspace(0.03, np.pi / 2 - 0.01, 30)]).astype(np.float32)
    height, angle = np.meshgrid(rows, np.linspace(-np.pi, np.pi, 120).astype(np.float32), indexing="ij")
    tight = hat.kind == "scarf"
    wide = (0.86 if tight else 1.0) + float(r.uniform(-0.04, 0.06))
    low = -1.28 if tight else -1.6
    middle, half = 0.5 * (hat.front + low), 0.5 * (hat.front - low)
    window = np.sqrt((angle / wide) ** 2 + np.abs((height - middle) / half) ** 2.6) - 1
    folds = (
        np.sin(angle * 5 + height * 4 + r.uniform(0, 6)) * 0.5 + np.sin(angle * 11 - height * 7 + r.uniform(0, 6)) * 0.3
    )
    off = (0.08 if tight else 0.22) + np.clip(-height - 1.0, 0, 1.2) * 0.12 + 0.02 * folds * np.clip(window * 2, 0, 1)
    dyed = colour * (1 + 0.12 * folds[..., None])
    points = shell.points(height, angle, off)
    return Prop(
        points.reshape(-1, 3),
        lattice(len(rows), 120),
        dyed.reshape(-1, 3).astype(np.float32),
        0.1,
        CelebAMask.HAT,
        window.ravel().astype(np.float32),
    )
