"""Weights are declared, not assumed: configs/models.yaml names every file, and only this module makes paths of roles.

A file is checked for its size and hash before anything parses it; parsing never runs code from the file.
"""

import difflib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.files import sha256, write_atomic

if TYPE_CHECKING:
    import torch

HOME_VARIABLE = "FACE_EDIT_WEIGHTS"


@dataclass(frozen=True)
class ModelFile:
    """One declared file: `path` inside the package, or `file` in the user's weights folder.

    sources: addresses it is published at · bytes, sha256: what it must be, where known · notice: its text in
    third_party_licenses/ · config: arguments of the net
    """

    path: str | None = None
    file: str | None = None
    sources: tuple[str, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    licence: str = ""
    notice: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSet:
    """Files that belong together: a generator's latent space and the nets that go with it."""

    name: str
    title: str
    space: str
    elastic: bool
    resolution: int
    n_style: int
    dim: int
    files: Mapping[str, ModelFile]

    @property
    def embedded(self) -> bool:
        """Whether every file is part of the package."""
        return all(file.path is not None for file in self.files.values())


@cache
def model_sets() -> Mapping[str, ModelSet]:
    """All declared sets by name, in the order of configs/models.yaml."""
    import yaml

    text = (package_files("configs") / "models.yaml").read_text(encoding="utf-8")
    return {name: _parse_set(name, declared) for name, declared in yaml.safe_load(text).items()}


def model_set(name: str) -> ModelSet:
    """The set called `name`; BadConfig names the nearest one when there is none."""
    sets = model_sets()
    if name not in sets:
        near = difflib.get_close_matches(name, sets, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sets)}."
        raise BadConfig(f"There is no model set {name}: {hint}")
    return sets[name]


def weights_folder() -> Path:
    """Where files that are not part of the package are looked for: $FACE_EDIT_WEIGHTS or the user's cache folder."""
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("face-edit") / "weights"


def expected_path(file: ModelFile) -> Path:
    """Where the file has to be, whether or not it is there."""
    if file.path is not None:
        folder, _, rest = file.path.partition("/")
        return Path(str(package_files(folder))) / rest
    return weights_folder() / str(file.file)


def locate(models: ModelSet, role: str) -> Path:
    """Path of the file that plays `role` in the set.

    Raises MissingWeights, saying where to put which file, when it is absent or its size is not the declared one.
    """
    if role not in models.files:
        raise MissingWeights(f"Model set {models.name} has no {role}; it has {', '.join(models.files)}.")
    file = models.files[role]
    path = expected_path(file)
    if not path.is_file():
        if file.path is not None:
            raise MissingWeights(f"The {role} of model set {models.name} is missing from this installation: reinstall.")
        raise MissingWeights(
            f"The {role} of model set {models.name} is missing: put {path.name} in {path.parent}; "
            f"it is published at {' or '.join(file.sources)}."
        )
    if file.bytes is not None and path.stat().st_size != file.bytes:
        raise MissingWeights(
            f"{path} is not the {role} of {models.name}: it has {path.stat().st_size} bytes instead of {file.bytes}; "
            f"fetch it again from {file.sources[0]}."
        )
    return path


def verify(models: ModelSet, role: str) -> str:
    """SHA-256 of a located file; MissingWeights when it is not the declared one."""
    path = locate(models, role)
    digest = sha256(path)
    declared = models.files[role].sha256
    if declared is not None and digest != declared:
        raise MissingWeights(f"{path} is damaged or another file: its SHA-256 is {digest}, declared is {declared}.")
    return digest


def fingerprint(models: ModelSet) -> str:
    """One hash over every file of the set that is present, with its role: equal weights, equal fingerprint."""
    total = hashlib.sha256()
    for role, file in sorted(models.files.items()):
        path = expected_path(file)
        total.update(f"{role} {_digest(path, path.stat().st_mtime_ns) if path.is_file() else 'absent'}\n".encode())
    return total.hexdigest()


def load_state(path: Path | str, inside: Sequence[str] = ()) -> "dict[str, torch.Tensor]":
    """State dict of a file on the CPU, floats as float32.

    Safetensors by suffix, otherwise torch.load(weights_only=True); `inside` leads into a nested checkpoint, such as
    ("g_ema",). Raises MissingWeights when the file cannot be parsed or has no such entry.
    """
    import torch

    path = Path(path)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a parser raises on a wrong file means the same to the user
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} cannot be read as weights ({reason}): put a good copy in its place.") from error
    for key in inside:
        if not isinstance(content, Mapping) or key not in content:
            raise MissingWeights(f"{path} has no entry {key}: it is not the file it is declared to be.")
        content = content[key]
    if not isinstance(content, Mapping):
        raise MissingWeights(f"{path} holds no state dict: it is not the file it is declared to be.")
    return {
        str(key): value.float() if value.is_floating_point() else value
        for key, value in content.items()
        if isinstance(value, torch.Tensor)
    }


def read_metadata(path: Path | str) -> dict[str, str]:
    """Metadata of a safetensors file: what, when, data, commit, metrics, space."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return dict(file.metadata() or {})


def save_state(path: Path | str, state: "Mapping[str, torch.Tensor]", metadata: Mapping[str, str]) -> None:
    """Write a state dict as half-precision safetensors, atomically; the same state gives the same bytes."""
    from safetensors.torch import save

    half = {
        key: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous().clone()
        for key, value in sorted(state.items())
    }
    write_atomic(path, _ordered(save(half, metadata={key: str(value) for key, value in metadata.items()})))


def _ordered(blob: bytes) -> bytes:
    """The same safetensors file with its header sorted: the library writes metadata in an order that changes."""
    start = 8 + int.from_bytes(blob[:8], "little")
    header = json.dumps(json.loads(blob[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + blob[start:]


@cache
def _digest(path: Path, _modified: int) -> str:
    return sha256(path)


def _parse_set(name: str, declared: dict[str, Any]) -> ModelSet:
    files = {role: _parse_file(file) for role, file in declared.pop("files").items()}
    return ModelSet(name=name, files=files, **declared)


def _parse_file(declared: dict[str, Any]) -> ModelFile:
    return ModelFile(**{**declared, "sources": tuple(declared.get("sources", ()))})
