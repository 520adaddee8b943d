"""Latent files: NAME.npy, and NAME.json with the name of the latent space."""

import io
import json
from pathlib import Path

import numpy as np

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.types import Floats


def read_latent(path: Path, space: str, n_style: int, dim: int) -> Floats:
    """Latent (n_style, dim) from a file of shape (n_style, dim), (1, n_style, dim) or, for W, (1, dim).

    Raises:
        BadInput: The file cannot be read or holds values that are not finite.
        SpaceMismatch: Another shape or another latent space.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"The latent {path} cannot be read: project the photo again.") from error
    found = noted_space(path)
    if found not in (None, space):
        raise SpaceMismatch(f"The latent {path} belongs to {found}, the model set to {space}: project the photo again.")
    if values.shape not in ((n_style, dim), (1, n_style, dim), (1, dim)) or values.dtype.kind != "f":
        raise SpaceMismatch(
            f"The latent {path} has the shape {values.shape} ({values.dtype}); {space} needs {(n_style, dim)}."
        )
    if not np.isfinite(values).all():
        raise BadInput(f"The latent {path} holds values that are not finite: project the photo again.")
    whole = np.broadcast_to(values[0] if values.ndim == 3 else values, (n_style, dim))
    return np.array(whole, np.float32)


def read_latents(folder: Path, space: str, n_style: int, dim: int) -> Floats:
    """Latents of a folder (M, n_style, dim), sorted by name; raises as `read_latent`, BadInput for an empty folder."""
    found = [read_latent(path, space, n_style, dim) for path in sorted(folder.glob("*.npy"))]
    if not found:
        raise BadInput(f"There are no latents (NAME.npy) in {folder}.")
    return np.stack(found)


def write_latent(path: Path, latent: Floats, space: str) -> None:
    """Write a latent (n_style, dim) and the name of its space."""
    buffer = io.BytesIO()
    np.save(buffer, latent, allow_pickle=False)
    write_atomic(path, buffer.getvalue())
    write_atomic(path.with_suffix(".json"), (json.dumps({"space": space}) + "\n").encode())


def noted_space(path: Path) -> str | None:
    """Latent space in the JSON file beside a latent, if there is one."""
    try:
        note = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return note.get("space") if isinstance(note, dict) else None
