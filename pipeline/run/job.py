"""What a run is asked to do: which photos, which edits, which steps, checked before anything is computed or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import find_inputs, input_digest
from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.progress import SILENT, Progress
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


def items(job: Job, progress: Progress = SILENT) -> list[Item]:
    """The photos of a job, sorted by name. BadInput for no photos, for two of one name and for a wrong sheet."""
    found = find_inputs([job.input_dir], RunFolder(job.output_dir).image_folders, progress)
    requests = read_sheet(job.sheet, found, progress) if job.sheet else None
    return [
        Item(name, path, portrait_digest(name, path, job.latents), None if requests is None else requests[name])
        for name, path in found.items()
        if requests is None or name in requests
    ]


def portrait_digest(name: str, photo: Path, latents: Path | None) -> str:
    """Hash of the files that a portrait is made from: its photo, and its latent if `latents` holds one."""
    given = latents / f"{name}.npy" if latents else None
    return input_digest(photo, *([given] if given is not None and given.is_file() else []))


def check_stages(asked: Sequence[str], known: Sequence[str], option: str) -> None:
    """BadInput naming the nearest stage when one of `asked` is not a stage of this run."""
    for name in asked:
        if name not in known:
            raise BadInput(f"{option} {name}: this run has no such step{nearest(name, known)}")
