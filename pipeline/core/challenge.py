"""The Ceteris Paribus Face Challenge: attribute values in input names, and the edits a submission needs."""

from collections.abc import Mapping

from pipeline.core.errors import BadInput
from pipeline.core.settings import packaged

CODES = ("Sk", "A", "Se", "C", "P", "B", "Hc", "D", "Hs")
"""Fields of an input's name, in order; C and P are informative and never edited."""

CLASSES: Mapping[str, int] = {"Sk": 3, "A": 3, "Se": 2, "B": 2, "Hc": 5, "D": 2, "Hs": 2}
"""Number of targets of each edited field; Hc 4 means bald."""

CURSORS = ("Be", "N", "Pn", "Bp", "Bn", "Ch")
"""Attributes without a field in the name; each image gets both ends."""

NAME_VALUES: Mapping[str, int] = {**CLASSES, "C": 2, "P": 2, "Hs": 3}
"""Number of values of each field in a name; Hs 2 is the hair style of a bald person."""

BALD_HAIR = 4

OFFICIAL_NAMES: tuple[str, ...] = tuple(packaged("challenge_inputs.yaml"))
"""The 72 official inputs, in the challenge's order."""


def parse_name(name: str) -> dict[str, int]:
    """Values by field of an input's name such as "0_1_1_0_0_1_2_0_0"; raises BadInput for another form."""
    words = name.split("_")
    if len(words) != len(CODES):
        raise BadInput(f"{name!r} is not a challenge input: its name needs {len(CODES)} numbers, {'_'.join(CODES)}.")
    values = {}
    for code, word in zip(CODES, words, strict=True):
        if word not in [str(value) for value in range(NAME_VALUES[code])]:
            raise BadInput(f"{name!r} is not a challenge input: {code} is {word!r}, not 0 to {NAME_VALUES[code] - 1}.")
        values[code] = int(word)
    return values


def is_challenge_name(name: str) -> bool:
    """Whether `parse_name` accepts the name."""
    try:
        parse_name(name)
    except BadInput:
        return False
    return True


def expected_identifiers(name: str) -> tuple[str, ...]:
    """Edits that a submission needs for this input, sorted: 24 with hair, 25 for the official bald ones.

    Every class but the present one (Hc 4 is called `bald`) and both ends of every cursor.

    Raises:
        BadInput: See `parse_name`.
    """
    values = parse_name(name)
    identifiers = [f"{code}_{end}" for code in CURSORS for end in ("min", "max")]
    for code, count in CLASSES.items():
        identifiers += [f"{code}_{value}" for value in range(count) if value != values[code]]
    return tuple(sorted("bald" if identifier == f"Hc_{BALD_HAIR}" else identifier for identifier in identifiers))
