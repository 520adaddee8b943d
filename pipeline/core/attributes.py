"""The table of attributes (configs/attributes.yaml), the user's own directions beside it, names of translations."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.core.attribute_types import Attribute, Segmentation, Shape, Source, Value
from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.settings import packaged, validated

# Re-exported, so that callers need one import.
__all__ = ["Attribute", "Segmentation", "Shape", "Source", "Value"]

BALD = "bald"
BALD_CLASS = "Hc_4"


@dataclass(frozen=True)
class TranslationName:
    """A parsed name: attribute code, target ("1", "max"), and the starting class of a name that ends in _fr_N."""

    code: str
    value: str
    source: str | None = None

    @property
    def identifier(self) -> str:
        """The name without its condition: "Hc_1" for Hc_1_fr_0, "Hc_4" for bald."""
        return f"{self.code}_{self.value}"

    def __str__(self) -> str:
        return self.identifier if self.source is None else f"{self.identifier}_fr_{self.source}"


@dataclass(frozen=True)
class Own:
    """A direction of the user's own, which is an attribute with a cursor.

    Attributes:
        digest: Hash of the direction.
        place: Where it was read, for messages.
    """

    attribute: Attribute
    digest: str
    place: str


_OWN: dict[str, Own] = {}  # read as a copy: other threads may add to it


@cache
def attributes() -> Mapping[str, Attribute]:
    """The attributes of the table by code, in the order of the predictor's outputs.

    Raises:
        BadConfig: An entry of configs/attributes.yaml is wrong; the sentence names the entry and the key.
    """
    return {code: read_entry(code, row, "configs/attributes.yaml") for code, row in packaged("attributes.yaml").items()}


def known_attributes() -> Mapping[str, Attribute]:
    """All attributes that can be edited, by code: those of the table, then the user's own that were opened."""
    return {**attributes(), **{code: own.attribute for code, own in own_directions().items()}}


def add_own(own: Own) -> None:
    """Make an own direction known; the same direction with another entry replaces its entry.

    Raises:
        BadInput: The code is one of the table, or of another direction.
    """
    code = own.attribute.code
    if code.casefold() in {known.casefold() for known in (*attributes(), BALD)}:
        raise BadInput(f"{own.place} has the code {code}, which belongs to an attribute of the table: choose another.")
    before = _OWN.get(code)
    if before is not None and before.digest != own.digest:
        raise BadInput(
            f"{own.place} and {before.place} are different directions with the same code {code}: "
            "give one of them another with `face-edit directions name --code`."
        )
    _OWN[code] = own


def own_directions() -> Mapping[str, Own]:
    """The user's own directions that were opened, by code."""
    return dict(_OWN)


def forget_own() -> None:
    """Forget all own directions."""
    _OWN.clear()


def parse(name: str) -> TranslationName:
    """The parts of a translation's name or of a challenge identifier: CODE_VALUE, CODE_NEW_fr_OLD, or `bald` (= Hc_4).

    Raises:
        BadInput: Another form, an unknown code or value (the sentence names the nearest one), a condition on min or
            max, or a target equal to its condition.
    """
    base, *condition = name.split("_fr_")
    code, _, value = (BALD_CLASS if base == BALD else base).partition("_")
    if not value or len(condition) > 1:
        raise BadInput(
            f"{name!r} is not a translation name: write CODE_VALUE or CODE_NEW_fr_OLD, such as Bp_max or Hc_1_fr_0."
        )
    table = known_attributes()
    if code not in table:
        # The codes of the table begin with a capital letter, those of own directions do not.
        unopened = (
            ": it would be a direction of your own, whose file is not among the translations."
            if code[:1].islower()
            else None
        )
        raise BadInput(f"Translation {name!r} has an unknown attribute {code!r}{nearest(code, table, unopened)}")
    values = table[code].values
    if value not in values:
        raise BadInput(f"Translation {name!r} has an unknown value {value!r} of {code}{nearest(value, values)}")
    if not condition:
        return TranslationName(code, value)
    if table[code].kind == "cursor":
        raise BadInput(f"Translation {name!r} cannot depend on a value: {code} is a cursor, call it {code}_{value}.")
    source = condition[0]
    known = (*values, *table[code].sources)
    if source not in known:
        raise BadInput(
            f"Translation {name!r} starts from an unknown value {source!r} of {code}{nearest(source, known)}"
        )
    if source == value:
        raise BadInput(f"Translation {name!r} has the same start and target: name two different values.")
    return TranslationName(code, value, source)


def colour_value(name: str) -> Value | None:
    """The value that a move goes to if that is a colour alone; None for others and for a translation of the user."""
    try:
        target = parse(name)
    except BadInput:
        return None
    value = known_attributes()[target.code].values[target.value]
    return value if value.only_colours else None


def canonical(identifier: str) -> dict[str, float]:
    """People's parameters that an identifier or a translation's name fixes, such as {"lip_size": 0.9}; the others stay.

    A condition matters only if its source has parameters: Hs_1_fr_2 also gives a bald person hair.

    Raises:
        BadInput: See `parse`.
    """
    name = parse(identifier)
    attribute = known_attributes()[name.code]
    source = attribute.sources.get(name.source or "")
    return {**(source.parameters if source else {}), **attribute.values[name.value].parameters}


def visible(name: str, present: Mapping[str, int]) -> bool:
    """Whether a translation shows on a face of these present classes; bangs do not show on a bald head."""
    parsed = parse(name)
    attribute = known_attributes()[parsed.code]
    if parsed.source in attribute.sources:
        return True
    hiding = map(parse, attribute.hidden_by)
    return not any(str(present.get(other.code)) == other.value for other in hiding)


def head_slices() -> dict[str, slice]:
    """Slice of each attribute in the predictor's output vector, by code."""
    result, start = {}, 0
    for code, attribute in attributes().items():
        result[code] = slice(start, start + attribute.n_outputs)
        start += attribute.n_outputs
    return result


def groups() -> dict[str, tuple[Attribute, ...]]:
    """Attributes by the editor's group, in the order of the table."""
    result: dict[str, tuple[Attribute, ...]] = {}
    for attribute in attributes().values():
        result[attribute.group] = (*result.get(attribute.group, ()), attribute)
    return result


def translation_names() -> tuple[str, ...]:
    """Names of all translations of a complete set, in the order of the table.

    Unconditional ones to both ends of a cursor or scale and to every class of any other attribute; conditional ones
    between all values where an attribute has more than two values or other sources.
    """
    names: list[str] = []
    for code, attribute in attributes().items():
        values = list(attribute.values)
        names += [f"{code}_{value}" for value in (values[:: len(values) - 1] if attribute.ordered else values)]
        if attribute.n_classes > 2 or attribute.sources:
            origins = (*values, *attribute.sources)
            names += [f"{code}_{value}_fr_{old}" for value in values for old in origins if old != value]
    return tuple(names)


def read_entry(code: str, row: Mapping[str, Any], file: str) -> Attribute:
    """An attribute from its entry in `file`; raises BadConfig, whose sentence names the key."""
    entry = {**row, "code": code}
    if entry.get("domain") == "all":
        entry["domain"] = None
    return validated(Attribute, entry, code, file)
