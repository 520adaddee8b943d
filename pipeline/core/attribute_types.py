"""Types of the table of attributes: one entry with its shapes, its parts of the face and its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal


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
        past_edge: Further dilation, but not into the background, where the step is strict; pixels at 512.
        shift_down: Downward shift after the dilation, pixels at 512.
        below_mouth: Whether the region is limited to the area below the mouth.
    """

    parts: tuple[str, ...] | None = None
    all_but: tuple[str, ...] | None = None
    grow: float = 0.0
    past_edge: float = 0.0
    shift_down: float = 0.0
    below_mouth: bool = False

    def __post_init__(self) -> None:
        if (self.parts is None) == (self.all_but is None):
            raise ValueError("it needs either parts or all_but")
        if min(self.grow, self.past_edge, self.shift_down) < 0:
            raise ValueError("grow, past_edge and shift_down must be at least 0")


@dataclass(frozen=True)
class Value:
    """One target of an attribute.

    Attributes:
        title: Its name in the editor.
        parameters: Parameters of people that it fixes.
        celeba: CelebA attribute of the same meaning ("Bald"), or the negation of one ("not Bald").
        share: Share of a class in a generator's population, 0..1.
        prompts: CLIP prompts that describe it.
        recolours: Parts of the face of which it is the colour alone, and whose structure no generator draws: hair.
        tints: Parts of which it is the colour alone, and which a generator draws as they are but for the finest detail.
    """

    title: str
    parameters: Mapping[str, float]
    celeba: str | None = None
    share: float | None = None
    prompts: tuple[str, ...] = ()
    recolours: tuple[str, ...] = ()
    tints: tuple[str, ...] = ()

    @property
    def only_colours(self) -> bool:
        """Whether it is the colour of some parts alone."""
        return bool(self.recolours or self.tints)


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
        subtle: Whether its change is small everywhere, so that the step carry_over holds none of it back.
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
    subtle: bool = False
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
        """Parameters of people that its values fix, each once."""
        return tuple(dict.fromkeys(name for value in self.values.values() for name in value.parameters))

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Names of its unconditional translations, such as ("Hc_0", ..., "Hc_4") or ("Bp_min", "Bp_max")."""
        return tuple(f"{self.code}_{value}" for value in self.values)
