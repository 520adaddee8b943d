"""Supports and motions of a portrait's images, one file for each folder of images."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.files import write_atomic
from pipeline.core.types import Floats, Frame, PixelMotion

MOTION = "motion/"
"""Prefix of the edit's name for its motion."""
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Support:
    """Where an image differs from its portrait, and how its pixels have moved, see `Frame`."""

    support: Floats
    motion: PixelMotion | None = None


def stored(frame: Frame, later: bool) -> Arrays:
    """What is kept of a frame: only where its support is above 0, unless `later` steps or a motion need more."""
    name = frame.edit.name
    if frame.motion is not None:
        return {name: frame.support, MOTION + name: frame.motion}
    return {name: frame.support if later else frame.support > 0}


def write_supports(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write the arrays of `stored`; raises BadInput if that fails."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **dict(arrays))
    write_atomic(path, buffer.getvalue())


def read_support(path: Path, edit: str) -> Support | None:
    """The support of an edit; None where there is none."""
    if not path.is_file():
        return None
    with np.load(path) as file:
        if edit not in file.files:
            return None
        motion = file[MOTION + edit] if MOTION + edit in file.files else None
        return Support(file[edit].astype(np.float32), motion)
