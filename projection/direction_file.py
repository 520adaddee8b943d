"""Direction files: a direction of the user's own in one .safetensors, with all that makes a slider of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.attributes import Attribute, Own, add_own
from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.own_attributes import dump_own, load_own
from pipeline.core.types import Floats, Image, Translation

SUFFIX = ".safetensors"


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction of the user's own.

    Attributes:
        attribute: Its entry, an attribute with a cursor.
        path: Offsets at strength 1 towards "max", float32 (K, n_style, dim); "min" is their mirror image.
        thumbnail: Strip of one face at several strengths, uint8 (H, W, 3), if drawn.
        recipe: Method, settings, seed, source.
        figures: What was measured, see `projection.directions.describe`.
        licence: Terms under which it may be passed on, if stated.
    """

    attribute: Attribute
    space: str
    path: Floats
    thumbnail: Image | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""

    def __post_init__(self) -> None:
        code, path = self.attribute.code, self.path
        if path.ndim != 3 or path.size == 0 or path.dtype.kind != "f":
            raise BadInput(f"{code} should be floats of shape (K, n_style, dim), not {path.dtype} {path.shape}.")
        if not np.isfinite(path).all() or not path.any():
            raise BadInput(f"{code} is no direction: its values are all 0, or some are not finite.")
        object.__setattr__(self, "path", path.astype(np.float32, copy=False))

    @property
    def code(self) -> str:
        """Short name in translations: `freckles` of `freckles_max`."""
        return self.attribute.code

    @property
    def digest(self) -> str:
        """Hash of space and path: entries may differ, the direction is the same."""
        return path_digest(self.space, self.path)

    def translations(self) -> dict[str, Translation]:
        """Its two translations, by name."""
        low, high = self.attribute.identifiers
        return {low: Translation(low, self.space, -self.path), high: Translation(high, self.space, self.path)}

    def know(self, place: Path | str) -> None:
        """Make its code known to edits and steps, see `pipeline.core.attributes.add_own`."""
        add_own(Own(self.attribute, self.digest, str(place)))

    def renamed(self, attribute: Attribute) -> Direction:
        """The same direction with another entry."""
        return replace(self, attribute=attribute)


def path_digest(space: str, path: Floats) -> str:
    """SHA-256 of a space and a path (K, n_style, dim)."""
    values = np.ascontiguousarray(path, np.float32) + np.float32(0)  # -0 counts as 0: the mirror image of 0
    return hashlib.sha256(f"{space} {path.shape}\n".encode() + values.tobytes()).hexdigest()


def is_direction(path: Path) -> bool:
    """Whether a file is a .safetensors with a direction of the user's own."""
    return path.suffix == SUFFIX and "attribute" in _metadata(path)


def read_direction(path: Path | str) -> Direction:
    """Direction of a file.

    Raises:
        BadInput: A missing or damaged file, or one with other content.
        SpaceMismatch: It names no latent space.
    """
    path = Path(path)
    known = _metadata(path)
    if "attribute" not in known:
        raise BadInput(f"{path} is no direction file: make one with `face-edit directions name`.")
    if not known.get("space"):
        raise SpaceMismatch(f"{path} does not name the latent space of its direction.")
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        thumbnail = tensors.get("thumbnail")
        recipe, figures = (dict(json.loads(known.get(key, "{}"))) for key in ("recipe", "figures"))
        values = tensors["path"]
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise BadInput(f"{path} is damaged: it lacks a path, or its notes cannot be read.") from error
    if thumbnail is not None and (thumbnail.ndim != 3 or thumbnail.shape[2] != 3 or thumbnail.dtype != np.uint8):
        raise BadInput(f"{path} has a thumbnail of {thumbnail.dtype} {thumbnail.shape}, not uint8 (H, W, 3).")
    attribute = load_own(known["attribute"], str(path))
    return Direction(attribute, known["space"], values, thumbnail, recipe, figures, known.get("licence", ""))


def write_direction(path: Path | str, direction: Direction) -> None:
    """Write a direction file; raises BadInput if it cannot be written."""
    from safetensors.numpy import save

    from pipeline.core.weights import ordered

    tensors = {"path": np.ascontiguousarray(direction.path)}
    if direction.thumbnail is not None:
        tensors["thumbnail"] = np.ascontiguousarray(direction.thumbnail)
    metadata = {
        "what": "direction of one's own",
        "space": direction.space,
        "attribute": dump_own(direction.attribute),
        "recipe": json.dumps(dict(direction.recipe)),
        "figures": json.dumps(dict(direction.figures)),
        "licence": direction.licence,
    }
    write_atomic(path, ordered(save(tensors, metadata=metadata)))


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise BadInput(f"The file {path} does not exist.")
    try:
        with safe_open(path, "np") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} cannot be read as a .safetensors file: it is damaged, or another file.") from error
