"""What a run is asked to do: which photos, which edits, which steps, checked before anything is computed or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.batch.inputs import made_from
from pipeline.core.errors import BadInput
from pipeline.core.images import list_images
from pipeline.core.names import nearest
from pipeline.edit.requests import Item
from pipeline.run.sheet import read_sheet

if TYPE_CHECKING:
    from pipeline.config import RunConfig


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


def check_stages(asked: Sequence[str], known: Sequence[str], option: str) -> None:
    """BadInput naming the nearest stage when one of `asked` is not a stage of this run."""
    for name in asked:
        if name not in known:
            raise BadInput(f"{option} {name}: this run has no such step{nearest(name, known)}")


def _inside(input_dir: Path, output_dir: Path) -> bool:
    return input_dir.resolve() == output_dir.resolve()
