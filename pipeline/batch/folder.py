"""The folder of a run: who may write to it, what it was started with, where everything in it lies."""

import hashlib
import json
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from pipeline.core.errors import BadInput, RunConflict
from pipeline.core.files import write_atomic

CONFIG = "config.yaml"
IDENTITY = "run.yaml"
LATENTS = "projected_latents"
RECONSTRUCTIONS = "reconstructions"
SUPPORTS = "supports"
CROPS = "crops"
PHOTOS = "photos"


class RunFolder:
    """Paths within a run folder; as a context manager it holds the folder for one process.

    Raises BadInput when the folder cannot be made, RunConflict when another process is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = ExitStack()

    def __enter__(self) -> "RunFolder":
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = self._held.enter_context((self.path / ".lock").open("w"))
        except OSError as error:
            raise BadInput(f"Cannot write to {self.path}: {error.strerror or error}.") from error
        with suppress(ImportError):  # Windows has no advisory locks of this kind
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self._held.close()
                raise RunConflict(
                    f"Another run is writing to {self.path}: wait for it or choose another --output-dir."
                ) from error
        self._sweep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def agree(
        self,
        config: dict[str, Any],
        identity: dict[str, Any],
        may_change: tuple[str, ...] = (),
        as_noted: tuple[str, ...] = (),
    ) -> None:
        """Note what this run is made with, or RunConflict showing how it differs from what is noted already.

        may_change: dotted prefixes of settings that are replaced · as_noted: keys of `identity` whose noted value stays
        """
        before, settings = self._noted(IDENTITY), self._noted(CONFIG)
        if before is not None:
            identity = identity | {key: before[key] for key in as_noted if key in before}
        for noted, wanted in ((settings, config), (before, identity)):
            if noted is not None:
                self._compare(noted, wanted, may_change)
        for name, noted, wanted in ((CONFIG, settings, config), (IDENTITY, before, identity)):
            if noted != wanted:
                write_atomic(self.path / name, yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True).encode())

    def image(self, folder: str, portrait: str, edit: str) -> Path:
        """Where an image of a portrait lies after a stage."""
        return self.path / folder / portrait / f"{edit}.png"

    def supports(self, folder: str, portrait: str) -> Path:
        """Where the supports of a portrait's kept images lie: edit -> float32 (H, W)."""
        return self.path / SUPPORTS / folder / f"{portrait}.npz"

    def reconstruction(self, portrait: str) -> Path:
        """Where the generator's rendering of a portrait's own latent lies."""
        return self.path / RECONSTRUCTIONS / f"{portrait}.png"

    def _noted(self, name: str) -> dict[str, Any] | None:
        path = self.path / name
        if not path.is_file():
            return None
        try:
            noted = yaml.safe_load(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            noted = None
        if not isinstance(noted, dict):
            raise RunConflict(
                f"{path} is damaged, so nobody knows what this run was made with: choose another --output-dir."
            )
        return noted

    def _compare(self, noted: dict[str, Any], wanted: dict[str, Any], may_change: tuple[str, ...]) -> None:
        old, new = flatten(noted), flatten(wanted)
        changed = [
            f"{key}: {_short(old.get(key))} there, {_short(new.get(key))} now"
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key) and not key.startswith(may_change)
        ]
        if changed:
            shown = "; ".join(changed[:5]) + (f"; and {len(changed) - 5} more" if len(changed) > 5 else "")
            raise RunConflict(
                f"{self.path} was started with other settings ({shown}): "
                "choose another --output-dir, or delete it to start over."
            )

    def _sweep(self) -> None:
        """Remove what a killed process left half written."""
        for folder, _, names in os.walk(self.path):
            for name in names:
                if name.startswith(".") and name.endswith(".tmp"):
                    (Path(folder) / name).unlink(missing_ok=True)


def flatten(values: Any, prefix: str = "") -> dict[str, Any]:
    """Nested mappings and lists as one mapping with dotted keys."""
    if isinstance(values, dict) and values:
        pairs = [(str(key), value) for key, value in values.items()]
    elif isinstance(values, list | tuple) and values:
        pairs = [(str(index), value) for index, value in enumerate(values)]
    else:
        return {prefix: values}
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.update(flatten(value, f"{prefix}.{key}" if prefix else key))
    return found


def digest(*parts: Any) -> str:
    """Short hash of JSON-able values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 24 else f"{text[:12]}..."
