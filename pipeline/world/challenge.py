"""The challenge's input portraits, drawn from their names."""

from pipeline.core.challenge import BALD_HAIR, CLASSES, parse_name
from pipeline.core.types import Image
from pipeline.world.attributes import counterfactual
from pipeline.world.parameters import Parameters, sample_z
from pipeline.world.render import render

SEED = 72_000_000
"""Added to the digits of a name, for the seed of all that the name does not say."""


def parameters_of(name: str) -> Parameters:
    """Somebody whose attributes are those of an input's name, such as "0_1_1_0_0_1_2_0_0".

    The fields C and P, which are never edited, do not count.

    Raises:
        BadInput: See `parse_name`.
    """
    fields = parse_name(name)
    person = Parameters.from_z(sample_z(1, SEED + int(name.replace("_", ""))))
    for code, value in fields.items():
        if code in CLASSES and value < CLASSES[code]:  # beyond: the hair style of a bald person
            bald = (code, value) == ("Hc", BALD_HAIR)
            person = counterfactual(person, "bald" if bald else f"{code}_{value}")
    return person


def draw_input(name: str, size: int = 512) -> Image:
    """The portrait of an input's name, uint8 (size, size, 3); raises as `parameters_of`."""
    image: Image = render(parameters_of(name), size).rgb[0]
    return image
