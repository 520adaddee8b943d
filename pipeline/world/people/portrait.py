"""A rendered person, and how many of them are stored in a file; needs no renderer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Image
from pipeline.world.people.attributes import values
from pipeline.world.people.person import Person
from postprocess.labels import Labels


@dataclass(frozen=True)
class Portrait:
    """A rendered person.

    Attributes:
        rgb: (n, n, 3) uint8.
        labels: (n, n) uint8, the classes of CelebAMask-HQ; left is left in the picture.
        depth: (n, n) float32, dm from the camera; 0 where nothing is.
        landmarks: (70, 2) float32, pixels: iBUG's 68 and the centres of the left and right iris. Whole numbers are
            corners of pixels, halves their middles.
        outlines: The same for outlines by name: eyes, brows, irises, lips_outer, lips_inner, oval.
    """

    rgb: Image
    labels: Labels
    depth: NDArray[np.floating]
    landmarks: NDArray[np.floating]
    outlines: dict[str, NDArray[np.floating]]


def stacked(people: Sequence[Person], portraits: Sequence[Portrait]) -> dict[str, NDArray[np.generic]]:
    """Arrays for a file of n people, by name.

    rgb (n, s, s, 3), labels (n, s, s) uint8, depth (n, s, s) float16 in dm, landmarks (n, 70, 2) and outlines by name
    float32 in pixels, people: one line of JSON each, with its parameters and the values of its attributes.
    """
    return {
        "people": np.array([json.dumps({**asdict(person), "attributes": values(person)}) for person in people]),
        "rgb": np.stack([p.rgb for p in portraits]),
        "labels": np.stack([p.labels for p in portraits]),
        "depth": np.stack([p.depth for p in portraits]).astype(np.float16),
        "landmarks": np.stack([p.landmarks for p in portraits]),
        **{name: np.stack([p.outlines[name] for p in portraits]) for name in portraits[0].outlines},
    }


def person_of(line: str) -> tuple[Person, dict[str, float]]:
    """A person that is no counterfactual, and the values of its attributes, from its line of JSON in a file."""
    parameters = json.loads(line)
    attributes = parameters.pop("attributes")
    return Person(**{**parameters, "ancestry": tuple(parameters["ancestry"])}), attributes
