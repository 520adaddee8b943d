"""The table of attributes (configs/attributes.yaml) and the names of translations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.names import nearest
from pipeline.core.settings import explain

BALD = "bald"
BALD_CLASS = "Hc_4"


@dataclass(frozen=True)
class Shape:
    """A shape of a domain, in coordinates -1..1 across the aligned face, x to the right and y down.

    Attributes:
        ellipse: Centre x, centre y, radius x, radius y.
        polygon: Corners in order.
        mirror: Whether the mirror image belongs to it.
    """

    ellipse: tuple[float, float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    mirror: bool = False


@dataclass(frozen=True)
class Segmentation:
    """The parts of a face that an edit may change, by the names of face parsing.

    Attributes:
        parts: These parts.
        all_but: Or everything but the background and these.
        grow: Pixels at 512 by which the region is widened.
        shift_down: Pixels at 512 by which it is moved down after that.
        below_mouth: Whether only what lies below the mouth counts.
    """

    parts: tuple[str, ...] | None = None
    all_but: tuple[str, ...] | None = None
    grow: float = 0.0
    shift_down: float = 0.0
    below_mouth: bool = False

    def __post_init__(self) -> None:
        if (self.parts is None) == (self.all_but is None):
            raise ValueError("it needs either parts or all_but")
        if min(self.grow, self.shift_down) < 0:
            raise ValueError("it needs 0 or more pixels in grow and shift_down")


@dataclass(frozen=True)
class Value:
    """One target of an attribute.

    Attributes:
        title: Its name in the editor.
        parameters: World parameters that it fixes.
        celeba: The attribute of CelebA that it is ("Bald") or whose absence it is ("not Bald").
        share: Of a class, its share of a generator's population, 0..1.
        prompts: Phrases by which CLIP recognises it.
    """

    title: str
    parameters: Mapping[str, float]
    celeba: str | None = None
    share: float | None = None
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A value that only a name can have: the identifier it means, and the world parameters that leaving it fixes."""

    means: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Attribute:
    """What can be edited under one code.

    Attributes:
        classes: Values by class number ("0", "1", ...), in order.
        cursor: Or those of its two ends, "min" and "max".
        domain: Shapes whose union an edit may change; None is the whole picture.
        segmentation: Parts of the face that an edit may change.
        sources: Values that only a name can have, never a target.
        ordered: Whether the classes are a scale.
        hidden_by: Identifiers that, where they hold, make it invisible.
        challenge: Whether it is part of the challenge, or an extra of ours.
    """

    # Holds for the types of its fields, too.
    __pydantic_config__: ClassVar = {"extra": "forbid", "coerce_numbers_to_str": True}

    code: str
    title: str
    group: str
    help: str
    domain: tuple[Shape, ...] | None
    segmentation: Segmentation
    classes: Mapping[str, Value] = field(default_factory=dict)
    cursor: Mapping[str, Value] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    ordered: bool = False
    hidden_by: tuple[str, ...] = ()
    challenge: bool = True

    def __post_init__(self) -> None:
        if bool(self.classes) == bool(self.cursor):
            raise ValueError("it needs either classes or a cursor")
        if self.cursor and list(self.cursor) != ["min", "max"]:
            raise ValueError("it needs the two ends min and max of its cursor")

    @property
    def kind(self) -> Literal["class", "cursor"]:
        """Whether its values are classes or the ends of a number."""
        return "class" if self.classes else "cursor"

    @property
    def values(self) -> Mapping[str, Value]:
        """Its classes, or the ends of its cursor."""
        return self.classes or self.cursor

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for a cursor."""
        return len(self.classes)

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
    """All attributes by code, in the order of the predictor's outputs.

    Raises:
        BadConfig: An entry of configs/attributes.yaml is wrong; the sentence names the entry and the key.
    """
    import yaml

    table = yaml.safe_load((files("configs") / "attributes.yaml").read_text(encoding="utf-8"))
    return {code: _attribute(code, row) for code, row in table.items()}


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


def _attribute(code: str, row: Mapping[str, Any]) -> Attribute:
    from pydantic import TypeAdapter, ValidationError

    entry = {**row, "code": code}
    if entry.get("domain") == "all":
        entry["domain"] = None
    try:
        return TypeAdapter(Attribute).validate_python(entry)
    except ValidationError as error:
        place, reason, _ = explain(error, Attribute, entry, code)
        raise BadConfig(f"configs/attributes.yaml is wrong in {place}: {reason}") from error
