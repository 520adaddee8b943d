"""The table of attributes (configs/attributes.yaml) and the names of translations, spelt here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest

BALD = "bald"
BALD_CLASS = "Hc_4"


@dataclass(frozen=True)
class Value:
    """One target of an attribute: what it is called and which world parameters it fixes."""

    title: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Source:
    """A value that only a name can have: the identifier it means, and the world parameters that leaving it fixes."""

    means: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Attribute:
    """What can be edited under one code.

    values: by class number ("0", "1", ...) or "min" and "max", in order
    sources: values that only a name can have, never a target
    ordered: whether the classes are a scale · hidden_by: identifiers that, where they hold, make it invisible
    challenge: part of the challenge, or an extra of ours
    """

    code: str
    title: str
    group: str
    help: str
    kind: Literal["class", "cursor"]
    values: Mapping[str, Value]
    sources: Mapping[str, Source] = field(default_factory=dict)
    ordered: bool = False
    hidden_by: tuple[str, ...] = ()
    challenge: bool = True

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for a cursor."""
        return len(self.values) if self.kind == "class" else 0

    @property
    def n_outputs(self) -> int:
        """Outputs of the predictor that belong to it: one logit per class, or one number."""
        return self.n_classes or 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """World parameters that any of its values fixes."""
        return tuple(dict.fromkeys(name for value in self.values.values() for name in value.parameters))

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Its unconditional translations, such as ("Hc_0", ..., "Hc_4") or ("Bp_min", "Bp_max")."""
        return tuple(f"{self.code}_{value}" for value in self.values)


@dataclass(frozen=True)
class TranslationName:
    """A parsed name: attribute code, target ("1", "max") and, where it ends in _fr_N, the class it starts from."""

    code: str
    value: str
    source: str | None = None

    @property
    def identifier(self) -> str:
        """The name without its condition: "Hc_1" for Hc_1_fr_0, "Hc_4" for bald."""
        return f"{self.code}_{self.value}"

    def __str__(self) -> str:
        return self.identifier if self.source is None else f"{self.identifier}_fr_{self.source}"


@cache
def attributes() -> Mapping[str, Attribute]:
    """All attributes by code, in the order of the predictor's outputs."""
    import yaml

    table = yaml.safe_load((files("configs") / "attributes.yaml").read_text(encoding="utf-8"))
    return {code: _attribute(code, **row) for code, row in table.items()}


def parse(name: str) -> TranslationName:
    """The parts of a translation's name or of a challenge identifier: CODE_VALUE, CODE_NEW_fr_OLD, or `bald` (= Hc_4).

    Raises BadInput naming what is wrong: unknown code or value (with the nearest known one), a condition on min or max,
    a target that is its own condition, or anything that is not of this form.
    """
    base, *condition = name.split("_fr_")
    code, _, value = (BALD_CLASS if base == BALD else base).partition("_")
    if not value or len(condition) > 1:
        raise BadInput(
            f"{name!r} is no translation name: write CODE_VALUE or CODE_NEW_fr_OLD, such as Bp_max or Hc_1_fr_0."
        )
    table = attributes()
    if code not in table:
        raise BadInput(f"Translation {name!r} has an unknown attribute {code!r}{nearest(code, table)}")
    values = table[code].values
    if value not in values:
        raise BadInput(f"Translation {name!r} has an unknown value {value!r} of {code}{nearest(value, values)}")
    if not condition:
        return TranslationName(code, value)
    if table[code].kind == "cursor":
        raise BadInput(f"Translation {name!r} cannot depend on a value: {code} is a cursor, call it {code}_{value}.")
    source = condition[0]
    sources = (*values, *table[code].sources)
    if source not in sources:
        raise BadInput(
            f"Translation {name!r} starts from an unknown value {source!r} of {code}{nearest(source, sources)}"
        )
    if source == value:
        raise BadInput(f"Translation {name!r} starts where it ends.")
    return TranslationName(code, value, source)


def canonical(identifier: str) -> dict[str, float]:
    """World parameters that an identifier or a translation's name fixes, such as {"lip_size": 0.9}; the others stay.

    A condition counts only where its source asks for more: Hs_1_fr_2 also gives a bald person hair. Raises as `parse`.
    """
    name = parse(identifier)
    attribute = attributes()[name.code]
    source = attribute.sources.get(name.source or "")
    return {**(source.parameters if source else {}), **attribute.values[name.value].parameters}


def head_slices() -> dict[str, slice]:
    """Where each attribute's outputs stand in the predictor's output vector, by code."""
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
    """Every translation that a complete set holds, in the order of the table.

    Both ends of cursors; every class, except the inner ones of a scale, from anywhere; and where there is more than one
    place to come from, every class from every other value.
    """
    names: list[str] = []
    for code, attribute in attributes().items():
        values = list(attribute.values)
        names += [f"{code}_{value}" for value in (values[:: len(values) - 1] if attribute.ordered else values)]
        if attribute.n_classes > 2 or attribute.sources:
            origins = (*values, *attribute.sources)
            names += [f"{code}_{value}_fr_{old}" for value in values for old in origins if old != value]
    return tuple(names)


def _attribute(
    code: str, *, classes: Any = None, cursor: Any = None, sources: Any = None, hidden_by: Any = (), **common: Any
) -> Attribute:
    if cursor is not None:
        parameter = cursor["parameter"]
        values = {end: Value(cursor[end]["title"], {parameter: float(cursor[end]["value"])}) for end in ("min", "max")}
    else:
        values = {str(number): Value(row["title"], _numbers(row["set"])) for number, row in classes.items()}
    return Attribute(
        code=code,
        kind="class" if cursor is None else "cursor",
        values=values,
        sources={str(number): Source(row["means"], _numbers(row["set"])) for number, row in (sources or {}).items()},
        hidden_by=tuple(hidden_by),
        **common,
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items()}
