"""Edit requests: identifiers, strengths and combinations, parsed and checked."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.attributes import BALD, BALD_CLASS, parse
from pipeline.core.errors import BadInput

NO_EDIT = "none"
"""Name of the edit that changes nothing."""


@dataclass(frozen=True)
class EditRequest:
    """One asked-for image: identifier and strength (1 = as calibrated), and what else is to change in it."""

    identifier: str
    strength: float = 1.0
    others: "tuple[EditRequest, ...]" = ()

    @property
    def parts(self) -> "tuple[EditRequest, ...]":
        """Each change by itself."""
        return replace(self, others=()), *self.others

    @property
    def name(self) -> str:
        """Stem of the output file: identifier, strength behind an @ where it is not 1, the others behind a +."""
        own = self.identifier if self.strength == 1 else f"{self.identifier}@{self.strength:g}"
        return "+".join((own, *(other.name for other in self.others)))


@dataclass(frozen=True)
class Item:
    """One portrait of a job.

    Attributes:
        path: Of its picture.
        digest: Hash of the files that it is made from.
        requests: Edits that the sheet asks of it, or None.
        face: Number of the face in a photograph, 1 = the largest.
    """

    name: str
    path: Path
    digest: str
    requests: tuple[EditRequest, ...] | None = None
    face: int = 1


def read_request(text: str, strength: float = 1.0) -> EditRequest:
    """A request by its name, such as `Bp_max@0.75+Hc_1`; what has no strength of its own gets `strength`.

    Raises BadInput for an unknown identifier, naming the nearest one, a strength that cannot be, and two changes of one
    attribute.
    """
    parts = []
    for part in text.split("+"):
        name, at, own = part.strip().partition("@")
        try:
            value = float(own) if at else strength
        except ValueError as error:
            raise BadInput(f"the strength {own!r} is not a number.") from error
        if not abs(value) < 100:  # also true of NaN
            raise BadInput(f"the strength {value:g} is out of range; 1 is the calibrated change.")
        parts.append(EditRequest(identifier(name), value))
    codes = [parse(part.identifier).code for part in parts]
    if len(set(codes)) < len(codes):
        raise BadInput(f"{text} asks for two values of one attribute: give each an image of its own.")
    return replace(parts[0], others=tuple(parts[1:]))


def identifier(text: str) -> str:
    """An edit's identifier as its output file is called (`Hc_4` is `bald`); BadInput naming the nearest one."""
    name = parse(text)
    if name.source is not None:
        raise BadInput(f"Ask for {name.identifier}, not for {text}: the present value is found out per portrait.")
    return BALD if name.identifier == BALD_CLASS else name.identifier
