"""Where people stand in the latent space of the generator: W is linear in what can be seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.core.types import Floats
from pipeline.world.person import Person

SCALE = Path(__file__).with_name("latents.npz")
"""Mean and standard deviation of each number of `seen` over many people, written by `bake_latents`."""


def latents(people: Sequence[Person], dim: int) -> Floats:
    """Latents w (N, dim) of people, see `from_seen`; needs the renderer of people."""
    from pipeline.world.seen import seen

    return from_seen(np.stack([seen(person) for person in people]), dim)


def from_seen(numbers: Floats, dim: int) -> Floats:
    """Latents w (N, dim) of people from what is seen of them (N, d): less its mean, in standard deviations, then zeros.

    Raises:
        ValueError: The latents have fewer numbers than what is seen.
    """
    mean, deviation = _scale()
    count = numbers.shape[1]
    if count > dim:
        raise ValueError(f"What is seen of a person has {count} numbers, which need as many axes; W has {dim}.")
    w = np.zeros((len(numbers), dim), np.float32)
    w[:, :count] = (numbers - mean) / deviation
    return w


@cache
def _scale() -> tuple[Floats, Floats]:
    with np.load(SCALE) as file:
        return file["mean"], file["deviation"]
