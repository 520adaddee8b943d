"""Input files of a run with the editor's edits: portraits, latents, edit sheet, settings."""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apps.editor.model.edit_state import EditState, beauty_step
from apps.editor.model.own_sliders import unopened
from apps.editor.model.session import Document
from apps.editor.threads.render_context import RenderContext
from pipeline.core.attributes import parse
from pipeline.core.errors import BadInput
from pipeline.core.types import Portrait

FOLDER = "from_editor"
"""Folder of these files within the run's folder."""


@dataclass(frozen=True, eq=False)
class Batch:
    """A run over the open portraits, each with its own edit, or over a folder with one edit for all.

    Attributes:
        output: Folder of the run.
        edit_state: Edit of the portrait on screen; its blending steps and retouching apply to the whole run.
        portraits: Portraits with their edits; empty for a run over `folder`.
        folder: Folder of portraits, or None.
        together: One image with all moved sliders; otherwise one image for each slider.
    """

    output: Path
    edit_state: EditState
    portraits: Sequence[tuple[Portrait, EditState]] = ()
    folder: Path | None = None
    together: bool = True


def batch_of(
    documents: list[Document], edit_state: EditState, output: Path, folder: Path | None = None, together: bool = True
) -> Batch:
    """The batch of all edited documents, or of a folder."""
    edited = [(each.portrait, each.edit_state) for each in documents if each.portrait and each.edit_state.strengths]
    return Batch(output, edit_state, () if folder else edited, folder, together)


def write_batch(batch: Batch, context: RenderContext) -> list[str]:
    """Write the files of a batch and return its command; BadInput if nothing is edited or a file cannot be written."""
    from pipeline.config import dump
    from pipeline.core.files import write_atomic
    from pipeline.core.images import list_images, write_image
    from projection.latent_files import write_latent

    inputs = batch.output / FOLDER
    rows: list[tuple[str, EditState]] = []
    source, latents = batch.folder or inputs / "portraits", inputs / "latents"
    if batch.folder is not None:
        rows = [(path.name, batch.edit_state) for path in list_images(batch.folder)[0]]
    else:
        names = _file_names(portrait.name for portrait, _ in batch.portraits)
        for name, (portrait, edit_state) in zip(names, batch.portraits, strict=True):
            write_image(source / f"{name}.png", portrait.image)
            if portrait.latent is not None:
                write_latent(latents / f"{name}.npy", portrait.latent, portrait.space)
            rows.append((f"{name}.png", edit_state))
    if not any(edit_state.strengths for _, edit_state in rows):
        raise BadInput("There is nothing to run: open or choose portraits, and move a slider.")
    sheet = inputs / "edits.csv"
    write_atomic(sheet, _sheet(rows, batch.together).encode())
    steps = {**context.settings(batch.edit_state), **beauty_step(batch.edit_state)}
    settings = inputs / "settings.yaml"
    own = _write_own(inputs / "sliders", (edit_state for _, edit_state in rows), context)
    config = context.config.model_copy(
        update={
            "steps": tuple({name: step} for name, step in steps.items()),
            "translations": (*context.config.translations, *own),
            "strength": "adaptive",  # of what was reached as far as possible; all else has its own
        }
    )
    write_atomic(settings, dump(config).encode())
    run = [sys.executable, "-m", "apps.cli", "run-pipeline", str(source), "--output-dir", str(batch.output)]
    extra = [] if batch.folder else ["--latents", str(latents)]
    return [*run, "--sheet", str(sheet), "--config", str(settings), *extra]


def _write_own(folder: Path, edit_states: Iterable[EditState], context: RenderContext) -> list[str]:
    """Paths of the written files of the own sliders that edits use; BadInput for one that is not there any more."""
    from projection.direction_file import SUFFIX, write_direction

    codes = dict.fromkeys(parse(name).code for edit_state in edit_states for name in edit_state.strengths)
    for title in unopened(codes, context.available()):
        raise BadInput(f"{title} is not among your sliders any more: set it to 0, or add its file again.")
    files = {code: folder / f"{code}{SUFFIX}" for code in codes if code in context.own}
    for code, path in files.items():
        write_direction(path, context.own[code])
    return [str(path) for path in files.values()]


def _sheet(rows: Iterable[tuple[str, EditState]], together: bool) -> str:
    from pipeline.edit.requests import EditRequest
    from pipeline.run.sheet import COLUMNS

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for photo, edit_state in rows:
        # What a search found, the run finds again; on other portraits it is the least for each.
        requests = [
            EditRequest(name, None if edit_state.as_found(name) else strength)
            for name, strength in edit_state.strengths.items()
        ]
        if together and requests:
            requests = [replace(requests[0], others=tuple(requests[1:]))]
        writer.writerows((photo, request.name, "") for request in requests)
    return text.getvalue()


def _file_names(names: Iterable[str]) -> list[str]:
    """Unique file names, without suffix, of portraits."""
    found: list[str] = []
    for name in names:
        stem = "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in name).strip(" .") or "face"
        number, unique = 2, stem
        while unique in found:
            number, unique = number + 1, f"{stem}_{number}"
        found.append(unique)
    return found
