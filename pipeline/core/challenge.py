"""The Ceteris Paribus Face Challenge: what an input's name says, and which edits a submission must hold for it."""

from collections.abc import Mapping
from importlib.resources import files

import yaml

from pipeline.core.errors import BadInput

CODES = ("Sk", "A", "Se", "C", "P", "B", "Hc", "D", "Hs")
"""Fields of an input's name, in order; C and P are indicative only and never edited."""

CLASSES: Mapping[str, int] = {"Sk": 3, "A": 3, "Se": 2, "B": 2, "Hc": 5, "D": 2, "Hs": 2}
"""Number of targets of every edited field; Hc 4 is baldness."""

CURSORS = ("Be", "N", "Pn", "Bp", "Bn", "Ch")
"""Attributes without a value in the name; every image gets both ends."""

NAME_VALUES: Mapping[str, int] = {**CLASSES, "C": 2, "P": 2, "Hs": 3}
"""Number of values a field may have in a name: Hs 2 stands for the missing hair of a bald person."""

BALD_HAIR = 4

OFFICIAL_NAMES: tuple[str, ...] = tuple(
    yaml.safe_load((files("configs") / "challenge_inputs.yaml").read_text(encoding="utf-8"))
)
"""The 72 official inputs, in the challenge's order."""


def parse_name(name: str) -> dict[str, int]:
    """Values by field of an input's name such as "0_1_1_0_0_1_2_0_0"; BadInput when it is not of this form."""
    words = name.split("_")
    if len(words) != len(CODES):
        raise BadInput(f"{name!r} is no challenge input: its name needs {len(CODES)} numbers, {'_'.join(CODES)}.")
    values = {}
    for code, word in zip(CODES, words, strict=True):
        if word not in [str(value) for value in range(NAME_VALUES[code])]:
            raise BadInput(
                f"{name!r} is no challenge input: {code} is {word!r}, allowed are 0 to {NAME_VALUES[code] - 1}."
            )
        values[code] = int(word)
    return values


def is_challenge_name(name: str) -> bool:
    """Whether `parse_name` understands the name."""
    try:
        parse_name(name)
    except BadInput:
        return False
    return True


def expected_identifiers(name: str) -> tuple[str, ...]:
    """Edits that a submission must hold for this input, sorted: 24 with hair, 25 for the official bald ones.

    Every class but the present one, both ends of every cursor; baldness is called `bald`. Raises as `parse_name`.
    """
    values = parse_name(name)
    identifiers = [f"{code}_{end}" for code in CURSORS for end in ("min", "max")]
    for code, count in CLASSES.items():
        identifiers += [f"{code}_{value}" for value in range(count) if value != values[code]]
    return tuple(sorted("bald" if identifier == f"Hc_{BALD_HAIR}" else identifier for identifier in identifiers))
