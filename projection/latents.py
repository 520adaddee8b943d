"""Latents on disk: NAME.npy, and beside it NAME.json, which names the space that they live in."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.types import Floats


def read_latent(path: Path, space: str, n_style: int, dim: int) -> Floats:
    """A latent (n_style, dim) of a file that holds (n_style, dim), (1, n_style, dim) or, for a latent of W, (1, dim).

    BadInput for a file that cannot be read, SpaceMismatch for another shape or a note that names another space.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"The latent {path} cannot be read: project the photo again.") from error
    named = noted_space(path)
    if named not in (None, space):
        raise SpaceMismatch(f"The latent {path} belongs to {named}, the model set to {space}.")
    if values.shape not in ((n_style, dim), (1, n_style, dim), (1, dim)) or values.dtype.kind != "f":
        raise SpaceMismatch(
            f"The latent {path} has the shape {values.shape} ({values.dtype}); {space} needs {(n_style, dim)}."
        )
    if not np.isfinite(values).all():
        raise BadInput(f"The latent {path} holds values that are not finite: project the photo again.")
    whole = np.broadcast_to(values[0] if values.ndim == 3 else values, (n_style, dim))
    return np.array(whole, np.float32)


def read_latents(folder: Path, space: str, n_style: int, dim: int) -> Floats:
    """All latents of a folder, by name (M, n_style, dim); raises as `read_latent`, BadInput for none."""
    found = [read_latent(path, space, n_style, dim) for path in sorted(folder.glob("*.npy"))]
    if not found:
        raise BadInput(f"There are no latents (NAME.npy) in {folder}.")
    return np.stack(found)


def write_latent(path: Path, latent: Floats, space: str) -> None:
    """Write a latent (n_style, dim) and the note that ties it to its space."""
    buffer = io.BytesIO()
    np.save(buffer, latent, allow_pickle=False)
    write_atomic(path, buffer.getvalue())
    write_atomic(path.with_suffix(".json"), (json.dumps({"space": space}) + "\n").encode())


def noted_space(path: Path) -> str | None:
    """The space that the note beside a latent names, if there is one."""
    try:
        note = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return note.get("space") if isinstance(note, dict) else None
