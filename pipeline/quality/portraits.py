"""The held-out portraits that the benchmark edits, with everything the portrait world knows about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.core.challenge import BALD_HAIR, CODES
from pipeline.core.types import Image
from pipeline.quality.metrics import Limits

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.world.parameters import Parameters

# Held-out renders of the training start at HELD_OUT_SEED; the benchmark's are others again.
SEED_OFFSET = 1_000_000


@dataclass(frozen=True)
class Subject:
    """One portrait.

    number: position in the benchmark · name: what it shows, as a challenge name · z (1, Z_DIM) and parameters: what it
    was drawn from · image: uint8 (size, size, 3)
    """

    number: int
    name: str
    z: Tensor
    parameters: Parameters
    image: Image

    def translation(self, identifier: str) -> str:
        """The identifier, with its condition where that says more: hair style given to the bald gives them hair."""
        bald = identifier.startswith("Hs_") and self.parameters.bald[0] > 0.5
        return f"{identifier}_fr_2" if bald else identifier

    def lacks(self, identifier: str) -> bool:
        """Whether the portrait is not there yet: some cursors are beyond the canonical value already."""
        attribute = attributes()[parse(identifier).code]
        if attribute.kind != "cursor":
            return True
        ((name, target),) = canonical(identifier).items()
        return bool(getattr(self.parameters, name)[0] * np.sign(target) < abs(target))

    def counterfactuals(self, identifiers: Sequence[str]) -> tuple[Tensor, list[Image]]:
        """For every identifier the latent z (len, Z_DIM) and the true picture of the edited portrait."""
        import torch

        from pipeline.world.attributes import counterfactual
        from pipeline.world.render import render

        latents, pictures = [], []
        for identifier in identifiers:
            edited = counterfactual(self.parameters, self.translation(identifier))
            latents.append(edited.to_z(like=self.z))
            pictures.append(render(edited, self.image.shape[0]).rgb[0])
        return torch.cat(latents), pictures


def subjects(count: int, size: int, first: int = 0) -> Iterator[Subject]:
    """`count` held-out portraits of `size` pixels, always the same ones; drawn one by one."""
    from pipeline.world.attributes import values
    from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
    from pipeline.world.render import render

    for number in range(first, first + count):
        z = sample_z(1, HELD_OUT_SEED + SEED_OFFSET + number)
        parameters = Parameters.from_z(z)
        name = challenge_name(
            {code: int(found[0]) for code, found in values(parameters).items() if found.dtype.kind == "i"}
        )
        yield Subject(number, name, z, parameters, render(parameters, size).rgb[0])


def challenge_name(classes: dict[str, int]) -> str:
    """Name of an input that shows these classes; the indicative fields are 0, the hair style of the bald is 2."""
    found = {"C": 0, "P": 0, **classes}
    if found["Hc"] == BALD_HAIR:
        found["Hs"] = 2
    return "_".join(str(found[code]) for code in CODES)


def population_limits(count: int = 4096) -> Limits:
    """10th and 90th percentile of every cursor in the portrait world."""
    from pipeline.world.attributes import values
    from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z

    found = values(Parameters.from_z(sample_z(count, HELD_OUT_SEED)))
    return {
        code: (float(np.percentile(value, 10)), float(np.percentile(value, 90)))
        for code, value in found.items()
        if value.dtype.kind == "f"
    }
