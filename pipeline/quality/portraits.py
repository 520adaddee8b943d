"""Held-out portraits of the benchmark: rendered people, with their ground truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.attributes import attributes, canonical
from pipeline.core.challenge import BALD_HAIR, CODES
from pipeline.core.types import Image
from pipeline.quality.metrics import Limits
from pipeline.world.attributes import classes, shows, values
from pipeline.world.extra import renderer
from pipeline.world.person import HELD_OUT_SEED, Person, counterfactual, draw

FIRST_SEED = HELD_OUT_SEED + 1_000_000
"""First seed of the benchmark; those of the training's held-out people start at HELD_OUT_SEED."""


@dataclass(frozen=True)
class Subject:
    """One portrait.

    Attributes:
        number: Position in the benchmark.
        name: Its classes, as a challenge name.
        person: Who is in it.
        image: uint8 (size, size, 3).
    """

    number: int
    name: str
    person: Person
    image: Image

    def translation(self, identifier: str) -> str:
        """Name of the translation for an identifier; hair styles for a bald portrait have a source: `_fr_2`."""
        bald = identifier.startswith("Hs_") and self.person.bald > 0.5
        return f"{identifier}_fr_2" if bald else identifier

    def shows(self, identifier: str) -> bool:
        """Whether the edit has something to change that can be seen."""
        return shows(self.person, self.translation(identifier))

    def counterfactuals(self, identifiers: Sequence[str]) -> tuple[list[Person], list[Image]]:
        """The edited person and their true image for each of N identifiers."""
        people = [counterfactual(self.person, **canonical(self.translation(name))) for name in identifiers]
        return people, [renderer()(person, self.image.shape[0]).rgb for person in people]


def subjects(count: int, size: int, first: int = 0) -> Iterator[Subject]:
    """`count` held-out portraits of `size` pixels, the same in every run; rendered one by one.

    Raises:
        BadInput: The renderer of people is missing.
    """
    for number in range(first, first + count):
        person = draw(FIRST_SEED + number)
        yield Subject(number, challenge_name(classes(person)), person, renderer()(person, size).rgb)


def challenge_name(present: dict[str, int]) -> str:
    """Challenge name of a portrait with these classes; indicative fields are 0, the hair style of the bald is 2."""
    found = {"C": 0, "P": 0, **present}
    if found["Hc"] == BALD_HAIR:
        found["Hs"] = 2
    return "_".join(str(found[code]) for code in CODES)


def population_limits(count: int = 4096) -> Limits:
    """10th and 90th percentile of every cursor of held-out people."""
    found = [values(draw(seed)) for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + count)]
    limits = {}
    for code, attribute in attributes().items():
        if attribute.kind == "cursor" and attribute.parameters:
            low, high = np.percentile([each[code] for each in found], [10, 90])
            limits[code] = (float(low), float(high))
    return limits
