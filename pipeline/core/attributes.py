"""The table of attributes (configs/attributes.yaml) and the names of translations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.settings import packaged, validated

BALD = "bald"
BALD_CLASS = "Hc_4"


@dataclass(frozen=True)
class Shape:
    """A shape of a domain, in coordinates -1..1 across the aligned face, x to the right and y down.

    Attributes:
        ellipse: Centre x, centre y, radius x, radius y.
        polygon: Corners in order.
        mirror: Whether its mirror image is part of it.
    """

    ellipse: tuple[float, float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    mirror: bool = False


@dataclass(frozen=True)
class Segmentation:
    """The region that an edit may change, by the class names of face parsing.

    Attributes:
        parts: Classes of the region.
        all_but: Classes outside the region, besides the background; instead of `parts`.
        grow: Dilation of the region, pixels at 512.
        shift_down: Downward shift after the dilation, pixels at 512.
        below_mouth: Whether the region is limited to the area below the mouth.
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
            raise ValueError("grow and shift_down must be at least 0")


@dataclass(frozen=True)
class Value:
    """One target of an attribute.

    Attributes:
        title: Its name in the editor.
        parameters: World parameters that it fixes.
        celeba: CelebA attribute of the same meaning ("Bald"), or the negation of one ("not Bald").
        share: Share of a class in a generator's population, 0..1.
        prompts: CLIP prompts that describe it.
    """

    title: str
    parameters: Mapping[str, float]
    celeba: str | None = None
    share: float | None = None
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A value that is only a condition, never a target: an identifier of the same meaning, and parameters it adds."""

    means: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Attribute:
    """One entry of the table: an attribute that can be edited.

    Attributes:
        classes: Values by class number ("0", "1", ...), in order.
        cursor: Values of the two ends, "min" and "max"; instead of `classes`.
        domain: Shapes whose union an edit may change; None: the whole image.
        segmentation: Parts of the face that an edit may change.
        sources: Conditions of translations that are not among the values.
        ordered: Whether the classes form a scale.
        hidden_by: Identifiers that make the attribute invisible where they apply.
        challenge: Whether the challenge includes it.
    """

    # Applies to the dataclasses of the fields too.
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
            raise ValueError("its cursor needs exactly the ends min and max")

    @property
    def kind(self) -> Literal["class", "cursor"]:
        """Type of the values: classes, or the ends of a continuous range."""
        return "class" if self.classes else "cursor"

    @property
    def values(self) -> Mapping[str, Value]:
        """The classes, or the ends of the cursor."""
        return self.classes or self.cursor

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for a cursor."""
        return len(self.classes)

    @property
    def n_outputs(self) -> int:
        """Number of the predictor's outputs for it: one logit per class, or one number."""
        return self.n_classes or 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """World parameters that its values fix, each once."""
        return tuple(dict.fromkeys(name for value in self.values.values() for name in value.parameters))

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Names of its unconditional translations, such as ("Hc_0", ..., "Hc_4") or ("Bp_min", "Bp_max")."""
        return tuple(f"{self.code}_{value}" for value in self.values)


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


@cache
def attributes() -> Mapping[str, Attribute]:
    """All attributes by code, in the order of the predictor's outputs.

    Raises:
        BadConfig: An entry of configs/attributes.yaml is wrong; the sentence names the entry and the key.
    """
    return {code: _attribute(code, row) for code, row in packaged("attributes.yaml").items()}


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
    known = (*values, *table[code].sources)
    if source not in known:
        raise BadInput(
            f"Translation {name!r} starts from an unknown value {source!r} of {code}{nearest(source, known)}"
        )
    if source == value:
        raise BadInput(f"Translation {name!r} has the same start and target: name two different values.")
    return TranslationName(code, value, source)


def canonical(identifier: str) -> dict[str, float]:
    """World parameters that an identifier or a translation's name fixes, such as {"lip_size": 0.9}; the others stay.

    A condition matters only if its source has parameters: Hs_1_fr_2 also gives a bald person hair.

    Raises:
        BadInput: See `parse`.
    """
    name = parse(identifier)
    attribute = attributes()[name.code]
    source = attribute.sources.get(name.source or "")
    return {**(source.parameters if source else {}), **attribute.values[name.value].parameters}


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


def _attribute(code: str, row: Mapping[str, Any]) -> Attribute:
    entry = {**row, "code": code}
    if entry.get("domain") == "all":
        entry["domain"] = None
    return validated(Attribute, entry, code, "configs/attributes.yaml")
