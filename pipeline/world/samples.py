"""Sample people as pictures with their truth: what an installation without the renderer has of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.images import read_image, write_image
from pipeline.world.person import Person
from pipeline.world.portrait import Portrait, person_of

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


def studio_pictures() -> list[Path]:
    """Files of the pictures of the studio people, 256 px, in the order of `samples`."""
    return sorted(FOLDER.glob("studio_*.png"))


def write_samples(folder: Path, count: int) -> None:
    """Write the pictures of the first `count` studio people as FOLDER/portrait_1.png and so on."""
    for number, path in enumerate(studio_pictures()[:count], 1):
        write_image(folder / f"portrait_{number}.png", read_image(path))


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
