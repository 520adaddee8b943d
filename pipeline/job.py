"""What a run is asked to do: which photos, which edits, which steps, checked before anything is computed or written."""

import csv
import difflib
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.attributes import BALD, BALD_CLASS, parse
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.images import list_images

if TYPE_CHECKING:
    from pipeline.config import RunConfig

COLUMNS = ("photo", "edit", "strength")
NO_EDIT = "none"
"""Name of the edit that changes nothing."""


@dataclass(frozen=True)
class Wish:
    """One asked-for image: identifier and strength (1 = as calibrated), and what else is to change in it."""

    identifier: str
    strength: float = 1.0
    others: "tuple[Wish, ...]" = ()

    @property
    def parts(self) -> "tuple[Wish, ...]":
        """Each change by itself."""
        return replace(self, others=()), *self.others

    @property
    def name(self) -> str:
        """Stem of the output file: identifier, strength behind an @ where it is not 1, the others behind a +."""
        own = self.identifier if self.strength == 1 else f"{self.identifier}@{self.strength:g}"
        return "+".join((own, *(other.name for other in self.others)))


@dataclass(frozen=True)
class Photographs:
    """Faces are to be cut out of the pictures and edits put back.

    gps: results may say where a photo was taken · face: number of the one to edit, 1 = the largest, none = every one
    """

    gps: bool = False
    face: int | None = 1


@dataclass(frozen=True)
class Job:
    """A run as asked for.

    edits: identifiers to restrict to, or none for all that make sense; if empty, every picture gets the one edit
    `NO_EDIT` · sheet: CSV with columns photo, edit, strength ·
    latents: folder with latents to use instead of projecting · photos: how the pictures are photographs, none if they
    are aligned crops · keep: stages whose images are kept · only: the one step
    to run on kept images · start: first step to run on kept images, the rest following
    """

    input_dir: Path
    output_dir: Path
    config: "RunConfig"
    edits: tuple[str, ...] | None = None
    sheet: Path | None = None
    latents: Path | None = None
    photos: Photographs | None = None
    keep: tuple[str, ...] = ()
    only: str | None = None
    start: str | None = None


@dataclass(frozen=True)
class Item:
    """One portrait of a job.

    path: of its picture · digest: hash of what it is made from · wishes: what the sheet asks of it · face: which one of
    a photograph it is, 1 = the largest
    """

    name: str
    path: Path
    digest: str
    wishes: tuple[Wish, ...] | None = None
    face: int = 1


def items(job: Job) -> list[Item]:
    """The photos of a job, sorted by name. BadInput for no photos, for two of one name and for a wrong sheet."""
    if _inside(job.input_dir, job.output_dir):
        raise BadInput(f"The results cannot go to {job.output_dir}, where the photos are: choose another --output-dir.")
    paths = list_images(job.input_dir)
    if not paths:
        raise BadInput(f"There are no images in {job.input_dir}.")
    by_name: dict[str, Path] = {}
    for path in paths:
        if path.stem in by_name:
            raise BadInput(f"{by_name[path.stem].name} and {path.name} would both be called {path.stem}: rename one.")
        by_name[path.stem] = path
    wishes = read_sheet(job.sheet, by_name) if job.sheet else None
    return [
        Item(name, path, made_from(name, path, job.latents), None if wishes is None else wishes[name])
        for name, path in sorted(by_name.items())
        if wishes is None or name in wishes
    ]


def read_sheet(path: Path, photos: Iterable[str]) -> dict[str, tuple[Wish, ...]]:
    """Wishes by portrait from a CSV file with the columns photo, edit and perhaps strength; BadInput says the line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The sheet {path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    known, columns = set(photos), reader.fieldnames or []
    if not {"photo", "edit"} <= set(columns) <= set(COLUMNS):
        raise BadInput(
            f"The sheet {path} needs a first line with the columns {', '.join(COLUMNS)}; it has {', '.join(columns)}."
        )
    found: dict[str, dict[str, Wish]] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        name = Path((row["photo"] or "").strip()).stem
        if name not in known:
            raise BadInput(f"{where}: there is no photo {row['photo']!r}{nearest(name, known)}.")
        try:
            wish = read_wish(row["edit"] or "", float(row.get("strength") or 1))
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from error
        except ValueError as error:
            raise BadInput(f"{where}: the strength {row['strength']!r} is not a number.") from error
        if wish.name in found.setdefault(name, {}):
            raise BadInput(f"{where}: {wish.name} is asked of {name} twice.")
        found[name][wish.name] = wish
    if not found:
        raise BadInput(f"The sheet {path} asks for nothing.")
    return {name: tuple(wishes.values()) for name, wishes in found.items()}


def read_wish(text: str, strength: float = 1.0) -> Wish:
    """A wish by its name, such as `Bp_max@0.75+Hc_1`; what has no strength of its own gets `strength`.

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
        parts.append(Wish(identifier(name), value))
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


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word, such as `; did you mean Bp_max?`, or nothing."""
    match = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {match[0]}?" if match else ""


def check_stages(asked: Sequence[str], known: Sequence[str], option: str) -> None:
    """BadInput naming the nearest stage when one of `asked` is not a stage of this run."""
    for name in asked:
        if name not in known:
            hint = nearest(name, known) or f"; known: {', '.join(known)}"
            raise BadInput(f"{option} {name}: this run has no such step{hint}")


def made_from(name: str, path: Path, latents: Path | None) -> str:
    """Hash of what the portrait `name` is made from: its picture, and its latent if `latents` holds one."""
    if not path.is_file():
        raise BadInput(f"There is no image {path}.")
    parts = [sha256(path)]
    given = latents / f"{name}.npy" if latents else None
    if given is not None and given.is_file():
        parts.append(sha256(given))
    return parts[0] if len(parts) == 1 else hashlib.sha256("".join(parts).encode()).hexdigest()


def _inside(input_dir: Path, output_dir: Path) -> bool:
    return input_dir.resolve() == output_dir.resolve()
