"""Sample people as pictures with their truth: what an installation without the renderer has of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.images import read_image
from pipeline.world.people.person import Person
from pipeline.world.people.portrait import Portrait, person_of

FOLDER = Path(__file__).with_name("sample_portraits")
TRUTH = FOLDER / "truth.npz"


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes:
        person: Its parameters.
        attributes: True values by code, as `attributes.values` gives them.
        portrait: Its portrait at 256 px; depth to 0.01 dm.
    """

    person: Person
    attributes: dict[str, float]
    portrait: Portrait


def picture_of(person: Person) -> Path:
    """File of a sample's picture."""
    return FOLDER / f"{person.look}_{person.seed}.png"


def samples() -> list[Sample]:
    """All samples, studio people first."""
    with np.load(TRUTH, allow_pickle=False) as file:
        truth = dict(file)
    lines, labels, depth, landmarks = (truth.pop(name) for name in ("people", "labels", "depth", "landmarks"))
    found = []
    for i, line in enumerate(lines):
        person, attributes = person_of(str(line))
        outlines = {name: points[i] for name, points in truth.items()}
        rgb = read_image(picture_of(person))
        portrait = Portrait(rgb, labels[i], depth[i].astype(np.float32), landmarks[i], outlines)
        found.append(Sample(person, attributes, portrait))
    return found
