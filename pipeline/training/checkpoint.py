"""File of a training's state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline.core.files import cannot_write, move_atomic


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state; a kill leaves the old file or the new one. Raises BadInput for a full disk, as `write_atomic`."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(dict(state), temporary)
    except (OSError, RuntimeError) as error:  # torch's writer tells of a full disk in a RuntimeError
        temporary.unlink(missing_ok=True)
        raise cannot_write(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    move_atomic(temporary, path)
