"""A rendered person, and how many of them are stored in a file; needs no renderer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats, Image
from pipeline.world.attributes import values
from pipeline.world.person import Person
from postprocess.labels import Labels

DISTANCE = 5.0
"""Distance of the camera from the nearest point of a person in the inverse depth that nets learn, dm."""


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


def inverse_depth(depth: NDArray[np.floating]) -> Floats:
    """Inverse depth of a picture (H, W), 0..1, from its depth in dm: 0 where nothing is, 1 at the nearest point.

    The camera is put DISTANCE in front of the nearest point, so that a head has the same relief in every picture:
    a picture does not tell how far away its camera stood.
    """
    depth = depth.astype(np.float32)
    there = depth > 0
    nearest = np.percentile(depth[there], 0.5) if there.any() else np.float32(0)
    return np.where(there, DISTANCE / (DISTANCE + np.maximum(depth - nearest, 0)), 0).astype(np.float32)


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
    """A person and the values of its attributes, from its line of JSON in a file."""
    parameters = json.loads(line)
    attributes = parameters.pop("attributes")
    return _person(parameters), attributes


def _person(parameters: dict[str, Any]) -> Person:
    original = parameters.pop("original")
    person = Person(**{**parameters, "ancestry": tuple(parameters["ancestry"])})
    return replace(person, original=_person(original)) if original else person
