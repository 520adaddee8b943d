"""The cut of clothes: how far they stand off the skin, and where they end."""

from __future__ import annotations

import numpy as np

from pipeline.world.anatomy import Floats, anatomy
from pipeline.world.person import Person
from pipeline.world.stream import Stream

NECKS = ("round", "vee", "high", "wide")


def cut(r: Stream) -> str:
    """One of NECKS: what a person's stream of clothes begins with."""
    return str(r.choice(NECKS, p=[0.5, 0.25, 0.12, 0.13]))


def clothes(person: Person) -> tuple[Floats, Floats]:
    """Distance of the clothes from the skin (m,) in dm, and what is left of them above zero (m,): round, V or high."""
    r, (x, y, z) = person.stream("cloth"), anatomy().canonical.T
    kind = cut(r)
    line = r.uniform(5.75, 6.0) + (0.25 - 0.22 * z) * 0.5
    if kind == "vee":
        line = line - r.uniform(0.6, 1.1) * np.maximum(0, z - 0.2) * np.exp(-((x / r.uniform(0.35, 0.55)) ** 2))
    elif kind == "high":
        line = line + r.uniform(0.1, 0.35)
    elif kind == "wide":
        line = line - r.uniform(0.15, 0.35)
    thick = r.uniform(0.03, 0.06) + r.uniform(0.08, 0.2) * np.clip((line - y) * 0.8, 0, 1)
    thick = thick + 0.02 * np.sin(x * 7 + 3 * np.sin(y * 5 + r.uniform(0, 6))) * np.clip((line - y) * 2 - 0.2, 0, 1)
    return thick.astype(np.float32), (line - y).astype(np.float32)
