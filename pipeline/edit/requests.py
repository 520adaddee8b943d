"""Edit requests: identifiers, strengths and combinations, parsed and checked."""

from dataclasses import dataclass, replace

from pipeline.batch.inputs import Input
from pipeline.core.attributes import BALD, BALD_CLASS, parse
from pipeline.core.errors import BadInput

NO_EDIT = "none"
"""Name of the edit that changes nothing."""
LEAST = "least"
"""What is written for the strength None."""


@dataclass(frozen=True)
class EditRequest:
    """One requested image, and the other changes in it.

    Attributes:
        strength: 1 = as calibrated; None = the least that reaches the target.
    """

    identifier: str
    strength: float | None = 1.0
    others: "tuple[EditRequest, ...]" = ()

    @property
    def parts(self) -> "tuple[EditRequest, ...]":
        """Each change as a request without others."""
        return replace(self, others=()), *self.others

    @property
    def name(self) -> str:
        """Stem of the output file: identifier, @strength unless 1, then the other changes, each after a +."""
        strength = LEAST if self.strength is None else f"{self.strength:g}"
        own = self.identifier if self.strength == 1 else f"{self.identifier}@{strength}"
        return "+".join((own, *(other.name for other in self.others)))


@dataclass(frozen=True)
class Item(Input):
    """One portrait of a job; its path is that of the crop, or of the photograph.

    Attributes:
        digest: Hash of its input files.
        requests: Edits from the sheet, or None without a sheet.
        face: Number of the face in a photograph, 1 = the largest.
        photo: Name of the photograph's results, or empty.
    """

    digest: str
    requests: tuple[EditRequest, ...] | None = None
    face: int = 1
    photo: str = ""


def read_request(text: str, strength: str = "1") -> EditRequest:
    """Parse the name of a request, such as `Bp_max@0.75+Hc_1@least`; `strength` applies where none is given.

    Raises:
        BadInput: Unknown identifier (the nearest is named), invalid strength, or two changes of one attribute.
    """
    parts = []
    for part in text.split("+"):
        name, at, own = part.strip().partition("@")
        parts.append(EditRequest(identifier(name), _strength(own if at else strength)))
    codes = [parse(part.identifier).code for part in parts]
    if len(set(codes)) < len(codes):
        raise BadInput(f"{text} asks for two values of one attribute: request them as two images.")
    return replace(parts[0], others=tuple(parts[1:]))


def _strength(text: str) -> float | None:
    if text == LEAST:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError as error:
        raise BadInput(f"the strength {text!r} is neither a number nor {LEAST}.") from error
    if not abs(value) < 100:  # also true of NaN
        raise BadInput(f"the strength {value:g} is out of range; 1 is the calibrated change.")
    return value


def identifier(text: str) -> str:
    """Identifier as in output file names (`Hc_4` is `bald`); raises BadInput naming the nearest known one."""
    name = parse(text)
    if name.source is not None:
        raise BadInput(f"Use {name.identifier} instead of {text}: the present value is estimated for each portrait.")
    return BALD if name.identifier == BALD_CLASS else name.identifier
