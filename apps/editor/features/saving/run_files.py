"""Input files of a run with the editor's edits: portraits, latents, sheet, settings."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apps.editor.model.edit_state import EditState, beauty_step
from apps.editor.model.session import Document
from apps.editor.threads.render_context import RenderContext
from pipeline.core.errors import BadInput
from pipeline.core.types import Portrait

FOLDER = "from_editor"
"""Folder of these files within the run's folder."""


@dataclass(frozen=True, eq=False)
class Batch:
    """A run over the open portraits, each with its own edits, or over a folder, all with the same ones.

    Attributes:
        output: Folder of the run.
        edit_state: Edit of the portrait on screen, whose blending steps and retouching the run takes.
        portraits: With their edits; none for a run over `folder`.
        together: One image with all that is moved; otherwise one for each slider.
    """

    output: Path
    edit_state: EditState
    portraits: Sequence[tuple[Portrait, EditState]] = ()
    folder: Path | None = None
    together: bool = True


def batch_of(
    documents: Iterable[Document],
    edit_state: EditState,
    output: Path,
    folder: Path | None = None,
    together: bool = True,
) -> Batch:
    """The batch of all documents that are changed, or of a folder."""
    changed = () if folder else tuple((each.portrait, each.edit_state) for each in documents if each.portrait)
    return Batch(output, edit_state, [(one, edits) for one, edits in changed if edits.strengths], folder, together)


def write_batch(batch: Batch, context: RenderContext) -> list[str]:
    """Write the files of a batch and return the command that runs it; BadInput in one sentence when that fails."""
    from pipeline.config import dump
    from pipeline.core.files import write_atomic
    from pipeline.core.images import list_images, write_image
    from projection.latents import write_latent

    place = batch.output / FOLDER
    rows: list[tuple[str, EditState]] = []
    source, latents = batch.folder or place / "portraits", place / "latents"
    if batch.folder is not None:
        rows = [(path.name, batch.edit_state) for path in list_images(batch.folder)[0]]
    else:
        names = _names(portrait.name for portrait, _ in batch.portraits)
        for name, (portrait, edit_state) in zip(names, batch.portraits, strict=True):
            write_image(source / f"{name}.png", portrait.image)
            if portrait.latent is not None:
                write_latent(latents / f"{name}.npy", portrait.latent, portrait.space)
            rows.append((f"{name}.png", edit_state))
    if not any(edit_state.strengths for _, edit_state in rows):
        raise BadInput("There is nothing to run: open or choose portraits, and move a slider.")
    sheet = place / "edits.csv"
    write_atomic(sheet, _sheet(rows, batch.together).encode())
    steps = {**context.settings(batch.edit_state), **beauty_step(batch.edit_state)}
    settings = place / "settings.yaml"
    config = context.config.model_copy(update={"steps": tuple({name: step} for name, step in steps.items())})
    write_atomic(settings, dump(config).encode())
    run = [sys.executable, "-m", "apps.cli", "run-pipeline", str(source), "--output-dir", str(batch.output)]
    extra = [] if batch.folder else ["--latents", str(latents)]
    return [*run, "--sheet", str(sheet), "--config", str(settings), *extra]


def _sheet(rows: Iterable[tuple[str, EditState]], together: bool) -> str:
    from pipeline.edit.requests import EditRequest
    from pipeline.run.sheet import COLUMNS

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for photo, edit_state in rows:
        requests = [EditRequest(*move) for move in edit_state.strengths.items()]
        if together and requests:
            requests = [replace(requests[0], others=tuple(requests[1:]))]
        writer.writerows((photo, request.name, "") for request in requests)
    return text.getvalue()


def _names(names: Iterable[str]) -> list[str]:
    """File names for portraits, each once."""
    found: list[str] = []
    for name in names:
        stem = "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in name).strip(" .") or "face"
        number, unique = 2, stem
        while unique in found:
            number, unique = number + 1, f"{stem}_{number}"
        found.append(unique)
    return found
