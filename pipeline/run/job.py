"""Job of a run: photos, edits and steps, checked before the first computation."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import find_inputs, input_digest
from pipeline.config import RunConfig
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.edit.requests import LEAST, Item
from pipeline.run.sheet import read_sheet


@dataclass(frozen=True)
class Photographs:
    """Processing of photographs: faces are cropped, and edits pasted back.

    Attributes:
        gps: Whether results keep the GPS position of the photo.
        face: Number of the face to edit, 1 = the largest, None = all.
    """

    gps: bool = False
    face: int | None = 1


@dataclass(frozen=True)
class Job:
    """A requested run.

    Attributes:
        edits: Identifiers to restrict to; None: all with a visible change; empty: the one edit `NO_EDIT`.
        sheet: CSV with the columns photo, edit, strength.
        latents: Folder with latents to use instead of inversion.
        photos: Processing of photographs; None: the inputs are aligned crops.
        keep: Stages whose images are kept.
        only: The one step to run on kept images.
        start: First step to run on kept images, with the later ones following.
        force: Whether portraits are edited that the generator does not know, which fail without it or latents, and
            edits made that do not suit a photograph.
    """

    input_dir: Path
    output_dir: Path
    config: RunConfig
    edits: tuple[str, ...] | None = None
    sheet: Path | None = None
    latents: Path | None = None
    photos: Photographs | None = None
    keep: tuple[str, ...] = ()
    only: str | None = None
    start: str | None = None
    force: bool = False


def items(job: Job, progress: Progress = SILENT) -> list[Item]:
    """Photos of a job, sorted by name; raises BadInput as `find_inputs`, and for an unsuitable sheet."""
    found = find_inputs([job.input_dir], RunFolder(job.output_dir).image_folders, progress)
    requests = read_sheet(job.sheet, found, progress) if job.sheet else None
    asked = [part for one in (requests or {}).values() for request in one for part in request.parts]
    if job.config.search_budget is None and any(part.strength is None for part in asked):
        raise BadInput(f"{job.sheet} asks for the strength {LEAST}, which needs the setting strength=adaptive.")
    return [
        Item(name, path, portrait_digest(name, path, job.latents), None if requests is None else requests[name])
        for name, path in found.items()
        if requests is None or name in requests
    ]


def portrait_digest(name: str, photo: Path, latents: Path | None) -> str:
    """Hash of a portrait's input files: its photo, and its latent if `latents` holds one."""
    given = latents / f"{name}.npy" if latents else None
    return input_digest(photo, *([given] if given is not None and given.is_file() else []))
