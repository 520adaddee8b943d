"""The challenge's input portraits, rendered as their names say."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.attributes import canonical
from pipeline.core.challenge import CLASSES, parse_name
from pipeline.core.types import Image
from pipeline.world.extra import renderer
from pipeline.world.person import Person, draw

SEED = 72_000_000
"""Added to the digits of a name, for the seed of all that the name does not say."""


def person_named(name: str) -> Person:
    """Somebody whose attributes are those of an input's name, such as "0_1_1_0_0_1_2_0_0".

    The fields C and P, which are never edited, do not count.

    Raises:
        BadInput: See `parse_name`.
    """
    fields = parse_name(name)
    person = draw(SEED + int(name.replace("_", "")))
    for code, value in fields.items():
        if code in CLASSES and value < CLASSES[code]:  # beyond: the hair style of a bald person
            person = replace(person, **canonical(f"{code}_{value}"))  # type: ignore[arg-type]
    return replace(person, beard=person.beard * (1 - person.female))


def draw_input(name: str, size: int = 512) -> Image:
    """The portrait of an input's name, uint8 (size, size, 3); raises as `person_named`, or for a missing renderer."""
    person = person_named(name)
    return renderer()(person, size).rgb
