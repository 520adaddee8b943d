"""Paths of declared weights files by role, checked for size and hash before they are parsed; fingerprints; writing."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.core import digests
from pipeline.core.checkpoints import load_state
from pipeline.core.errors import MissingWeights
from pipeline.core.files import sha256, write_atomic
from pipeline.core.model_sets import ModelFile, ModelSet, expected_path, model_set, model_sets, weights_folder

if TYPE_CHECKING:
    import torch

# Re-exported, so that callers need one import.
__all__ = ["ModelFile", "ModelSet", "expected_path", "load_state", "model_set", "model_sets", "weights_folder"]


def state(models: ModelSet, role: str) -> Literal["here", "missing", "wrong size"]:
    """Whether the file of a role is in its place; only its size is checked."""
    file = models.files[role]
    path = expected_path(file)
    if not path.is_file():
        return "missing"
    return "here" if file.bytes in (None, path.stat().st_size) else "wrong size"


def locate(models: ModelSet, role: str) -> Path:
    """Path of the file of a role, which is safe to parse.

    A downloaded file is hashed for that, once after each change.

    Raises:
        MissingWeights: The file is absent or not the declared one; the sentence ends with the command that fetches it.
    """
    if role not in models.files:
        raise MissingWeights(f"Model set {models.name} has no {role}; it has {', '.join(models.files)}.")
    file = models.files[role]
    path = expected_path(file)
    if file.path is not None:
        if not path.is_file():
            raise MissingWeights(f"The {role} of model set {models.name} is missing from this installation: reinstall.")
        return path
    found = state(models, role)
    if found == "missing":
        raise MissingWeights(f"The {role} of model set {models.name} is missing{_how_to_get(models, role)}")
    if found == "wrong size":
        raise MissingWeights(
            f"{path} is not the {role} of {models.name}, it has {path.stat().st_size} bytes instead of {file.bytes}"
            f"{_how_to_get(models, role)}"
        )
    known = file.sha256 or digests.noted(path)
    if known is not None and not digests.matches(path, known):
        raise _damaged(models, role, path, known)
    return path


def verify(models: ModelSet, role: str) -> str:
    """SHA-256 of a located file, computed anew; raises MissingWeights if it differs from the declared or pinned one."""
    path = locate(models, role)
    digest = sha256(path)
    known = models.files[role].sha256 or digests.noted(path)
    if known is not None and digest != known:
        raise _damaged(models, role, path, known)
    return digest


def fingerprint(models: ModelSet) -> str:
    """One hash over the roles and files of a set: equal weights have equal fingerprints."""
    paths = {role: expected_path(file) for role, file in models.files.items()}
    paths.setdefault("translations", built_translations(models))
    total = hashlib.sha256()
    for role, path in sorted(paths.items()):
        total.update(f"{role} {_digest(path, path.stat().st_mtime_ns) if path.is_file() else 'absent'}\n".encode())
    return total.hexdigest()


def built_translations(models: ModelSet) -> Path:
    """Path of the translations built for a set that has none: one file per latent space."""
    return weights_folder() / "translations" / f"{models.space}.safetensors"


def no_translations(models: ModelSet) -> MissingWeights:
    """The error for edits with a set that has no translations."""
    return MissingWeights(
        f"Model set {models.name} has no translations: run `face-edit directions extract --models {models.name}`."
    )


def read_metadata(path: Path | str) -> dict[str, str]:
    """Metadata of a safetensors file, such as its space, data, commit and metrics."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return dict(file.metadata() or {})


def save_state(path: Path | str, state: "Mapping[str, torch.Tensor]", metadata: Mapping[str, str]) -> None:
    """Write a state dict as half-precision safetensors; equal states give equal bytes; raises BadInput on failure."""
    from safetensors.torch import save

    half = {
        key: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous().clone()
        for key, value in sorted(state.items())
    }
    write_atomic(path, ordered(save(half, metadata={key: str(value) for key, value in metadata.items()})))


def ordered(blob: bytes) -> bytes:
    """The same safetensors file with a sorted header: the library's order of metadata varies."""
    start = 8 + int.from_bytes(blob[:8], "little")
    header = json.dumps(json.loads(blob[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + blob[start:]


def _damaged(models: ModelSet, role: str, path: Path, known: str) -> MissingWeights:
    return MissingWeights(f"{path} is damaged or another file, its SHA-256 is not {known}{_how_to_get(models, role)}")


def _how_to_get(models: ModelSet, role: str) -> str:
    if not models.files[role].sources:
        return ": import it again, see `face-edit models import --help`."
    optional = f" {role}" if models.files[role].optional else ""
    if models.instead:
        return (
            f", and its sources are reported gone: import a copy with `face-edit models import FILE`, or take "
            f"{models.instead} instead and run `face-edit models fetch {models.instead}`."
        )
    return f": run `face-edit models fetch {models.name}{optional}`."


@cache
def _digest(path: Path, _modified: int) -> str:
    return digests.current(path)
