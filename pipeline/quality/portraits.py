"""Held-out portraits of the benchmark, with their ground truth from the portrait world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.core.challenge import BALD_HAIR, CODES
from pipeline.core.types import Image
from pipeline.quality.metrics import Limits
from pipeline.world.attributes import counterfactual, values
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import render

SEED_OFFSET = 1_000_000
"""Distance of the benchmark's seeds from HELD_OUT_SEED, where those of the training's held-out renders start."""


@dataclass(frozen=True)
class Subject:
    """One portrait.

    Attributes:
        number: Position in the benchmark.
        name: Its classes, as a challenge name.
        z: (1, Z_DIM).
        parameters: Parameters of the portrait world, from z.
        image: uint8 (size, size, 3).
    """

    number: int
    name: str
    z: Tensor
    parameters: Parameters
    image: Image

    def translation(self, identifier: str) -> str:
        """Name of the translation for an identifier; hair styles for a bald portrait have a source: `_fr_2`."""
        bald = identifier.startswith("Hs_") and self.parameters.bald[0] > 0.5
        return f"{identifier}_fr_2" if bald else identifier

    def lacks(self, identifier: str) -> bool:
        """Whether an edit has something to change: some cursors are beyond the canonical value already."""
        attribute = attributes()[parse(identifier).code]
        if attribute.kind != "cursor":
            return True
        ((name, target),) = canonical(identifier).items()
        return bool(getattr(self.parameters, name)[0] * np.sign(target) < abs(target))

    def counterfactuals(self, identifiers: Sequence[str]) -> tuple[Tensor, list[Image]]:
        """z (N, Z_DIM) and true image of the edited portrait for each of N identifiers."""
        latents, images = [], []
        for identifier in identifiers:
            edited = counterfactual(self.parameters, self.translation(identifier))
            latents.append(edited.to_z(like=self.z))
            images.append(render(edited, self.image.shape[0]).rgb[0])
        return torch.cat(latents), images


def subjects(count: int, size: int, first: int = 0) -> Iterator[Subject]:
    """`count` held-out portraits of `size` pixels, the same in every run; rendered one by one."""
    for number in range(first, first + count):
        z = sample_z(1, HELD_OUT_SEED + SEED_OFFSET + number)
        parameters = Parameters.from_z(z)
        name = challenge_name(
            {code: int(found[0]) for code, found in values(parameters).items() if found.dtype.kind == "i"}
        )
        yield Subject(number, name, z, parameters, render(parameters, size).rgb[0])


def challenge_name(classes: dict[str, int]) -> str:
    """Challenge name of a portrait with these classes; indicative fields are 0, the hair style of the bald is 2."""
    found = {"C": 0, "P": 0, **classes}
    if found["Hc"] == BALD_HAIR:
        found["Hs"] = 2
    return "_".join(str(found[code]) for code in CODES)


def population_limits(count: int = 4096) -> Limits:
    """10th and 90th percentile of every cursor in the portrait world."""
    found = values(Parameters.from_z(sample_z(count, HELD_OUT_SEED)))
    return {
        code: (float(np.percentile(value, 10)), float(np.percentile(value, 90)))
        for code, value in found.items()
        if value.dtype.kind == "f"
    }
