"""The output folder of a command: its lock, the settings it was started with, its log, its paths."""

import hashlib
import json
import os
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from pipeline.core.errors import BadInput, FaceEditError, RunConflict
from pipeline.core.files import printable, write_atomic

CONFIG = "config.yaml"
IDENTITY = "run.yaml"
LOG = "run.log"
FORMAT = 2
"""Version of the files of an output folder; folders of another version are refused."""
LATENTS = "projected_latents"
RECONSTRUCTIONS = "reconstructions"
SUPPORTS = "supports"
CROPS = "crops"
PHOTOS = "photos"


class RunFolder:
    """Paths within an output folder; as a context manager it locks the folder for one process.

    Raises:
        BadInput: The folder cannot be made or locked.
        RunConflict: Another process is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = ExitStack()

    def __enter__(self) -> "RunFolder":
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(FileLock(self.path / ".lock", timeout=0))
        except Timeout as error:
            raise RunConflict(
                f"Another run is writing to {self.path}: wait for it or choose another --output-dir."
            ) from error
        except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
            reason = getattr(error, "strerror", None) or error
            raise BadInput(f"Cannot write to {self.path}: {reason}.") from error
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
        """Write down the settings and weights of a run, or raise RunConflict with the difference to those on record.

        Args:
            config: Settings, nested mappings.
            identity: Whatever else decides results: version, weights, device, choice of edits.
            may_change: Dotted prefixes of settings that are replaced.
            as_noted: Keys of `identity` whose recorded value stays.
        """
        before, settings = self._noted(IDENTITY), self._noted(CONFIG)
        identity = {"format": FORMAT, **identity}
        if before is not None or settings is not None:
            if (before or {}).get("format") != FORMAT:
                raise RunConflict(
                    f"{self.path} was made by an earlier version of face-edit: choose another --output-dir."
                )
            identity |= {key: before[key] for key in as_noted if before and key in before}
        for noted, wanted in ((settings, config), (before, identity)):
            if noted is not None:
                self._compare(noted, wanted, may_change)
        # The identity first: a folder without it is one of an earlier version.
        for name, noted, wanted in ((IDENTITY, before, identity), (CONFIG, settings, config)):
            if noted != wanted:
                write_atomic(self.path / name, yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True).encode())

    def failure(self, name: str, error: Exception) -> str:
        """One sentence about a failed item; the traceback of a defect of the program goes to `run.log`."""
        text = " ".join(str(error).split())
        if isinstance(error, FaceEditError):
            return text
        if isinstance(error, OSError) and error.strerror:
            return f"{printable(str(error.filename or name))} cannot be used: {error.strerror}."
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        trace = "".join(traceback.format_exception(error))
        with (self.path / LOG).open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{stamp} {name}\n{trace}\n")
        return f"{type(error).__name__}: {text}; the traceback is in {LOG}."

    def image(self, folder: str, portrait: str, edit: str) -> Path:
        """Image of a portrait after a stage."""
        return self.path / folder / portrait / f"{edit}.png"

    def supports(self, folder: str, portrait: str) -> Path:
        """Supports of a portrait's kept images: edit -> float32 (H, W)."""
        return self.path / SUPPORTS / folder / f"{portrait}.npz"

    def reconstruction(self, portrait: str) -> Path:
        """Rendering of a portrait's own latent."""
        return self.path / RECONSTRUCTIONS / f"{portrait}.png"

    def crop(self, portrait: str) -> tuple[Path, Path]:
        """Aligned crop of a portrait that is cut from a photograph, and the note beside it."""
        path = self.path / CROPS / f"{portrait}.png"
        return path, path.with_suffix(".json")

    def photo(self, photo: str, edit: str) -> Path:
        """Photograph with an edit put back."""
        return self.image(PHOTOS, photo, edit)

    def latent(self, portrait: str) -> Path:
        """Latent of a portrait; its note and tuning lie beside it."""
        return self.path / LATENTS / f"{portrait}.npy"

    @property
    def photos(self) -> Path:
        """Folder of the edited photographs."""
        return self.path / PHOTOS

    @property
    def image_folders(self) -> tuple[Path, ...]:
        """Folders whose images are no inputs: those that images without a stage go to."""
        return self.path, self.path / CROPS, self.path / RECONSTRUCTIONS

    def _noted(self, name: str) -> dict[str, Any] | None:
        path = self.path / name
        if not path.is_file():
            return None
        try:
            noted = yaml.safe_load(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            noted = None
        if not isinstance(noted, dict):
            raise RunConflict(f"{path} is damaged, the settings of this run are unknown: choose another --output-dir.")
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
        """Remove partial files of a killed process."""
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
