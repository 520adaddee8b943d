"""Output folder of a command: lock, recorded settings, log, paths."""

import hashlib
import json
import traceback
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import BadInput, FaceEditError, RunConflict
from pipeline.core.files import printable, require_local, write_atomic

CONFIG = "config.yaml"
IDENTITY = "run.yaml"
LOG = "run.log"
LOCK = ".lock"
FORMAT = 2
"""Format version of output folders; others are refused."""
LATENTS = "projected_latents"
RECONSTRUCTIONS = "reconstructions"
SUPPORTS = "supports"
CROPS = "crops"
PHOTOS = "photos"


class RunFolder:
    """Paths within an output folder; as a context manager it locks the folder for one process.

    Args:
        path: The folder.
        option: Option of the command that names it.

    Raises:
        BadInput: The folder cannot be made or locked, or is an address.
        RunConflict: Another process is writing to it.
    """

    def __init__(self, path: Path, option: str = "--output-dir") -> None:
        self.path, self.option = path, option
        self._held = ExitStack()

    def __enter__(self) -> "RunFolder":
        from filelock import FileLock, Timeout

        require_local(self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(FileLock(self.path / LOCK, timeout=0))
        except Timeout as error:
            raise RunConflict(
                f"Another run is writing to {self.path}: wait or choose another {self.option}."
            ) from error
        except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
            reason = getattr(error, "strerror", None) or error
            raise BadInput(f"Cannot write to {self.path}: {reason}.") from error
        self._sweep()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def agree(
        self,
        config: dict[str, Any],
        identity: dict[str, Any],
        may_change: tuple[str, ...] = (),
        as_noted: tuple[str, ...] = (),
    ) -> None:
        """Record the settings and weights of a run, or compare them with the recorded ones.

        Args:
            config: Settings, nested mappings.
            identity: Everything else that decides the results: version, weights, device, choice of edits.
            may_change: Dotted prefixes of settings that may differ and are replaced.
            as_noted: Keys of `identity` whose recorded value is kept.

        Raises:
            RunConflict: They differ (the sentence says how), or the records are damaged or of an earlier version.
        """
        before, settings = self._noted(IDENTITY), self._noted(CONFIG)
        identity = {"format": FORMAT, **identity}
        if before is not None or settings is not None:
            if (before or {}).get("format") != FORMAT:
                raise RunConflict(f"{self.path} is of an earlier version of face-edit: choose another {self.option}.")
            identity |= {key: before[key] for key in as_noted if before and key in before}
        for noted, wanted in ((settings, config), (before, identity)):
            if noted is not None:
                self._compare(noted, wanted, may_change)
        # The identity first: a folder without it is one of an earlier version.
        for name, noted, wanted in ((IDENTITY, before, identity), (CONFIG, settings, config)):
            if noted != wanted:
                write_atomic(self.path / name, yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True).encode())

    def is_here(self) -> bool:
        """Whether this machine sees the folder as the process that locks it has left it."""
        return (self.path / LOCK).is_file()

    def failure(self, name: str, error: Exception) -> str:
        """One sentence about a failed item; the traceback of an unexpected error goes to `run.log`."""
        text = " ".join(str(error).split())
        if isinstance(error, FaceEditError):
            return text
        if isinstance(error, OSError) and error.strerror:
            return f"{printable(str(error.filename or name))} cannot be used: {error.strerror}."
        self.log(f"{name}\n{''.join(traceback.format_exception(error))}")
        return f"{type(error).__name__}: {text}; the traceback is in {LOG}."

    def log(self, text: str) -> None:
        """Add a text with the time to `run.log`."""
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        with (self.path / LOG).open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{stamp} {text}\n")

    def image(self, folder: str, portrait: str, edit: str) -> Path:
        """Image of a portrait after a step, in the step's folder."""
        return self.path / folder / portrait / f"{edit}.png"

    def supports(self, folder: str, portrait: str) -> Path:
        """Supports and motions of a portrait's images, see `pipeline.run.supports`."""
        return self.path / SUPPORTS / folder / f"{portrait}.npz"

    def reconstruction(self, portrait: str) -> Path:
        """Rendering of a portrait's own latent."""
        return self.path / RECONSTRUCTIONS / f"{portrait}.png"

    def crop(self, portrait: str) -> tuple[Path, Path]:
        """Aligned crop of a portrait from a photograph, and its note."""
        path = self.path / CROPS / f"{portrait}.png"
        return path, path.with_suffix(".json")

    def photo(self, photo: str, edit: str) -> Path:
        """Photograph with a pasted-back edit."""
        return self.image(PHOTOS, photo, edit)

    def latent(self, portrait: str) -> Path:
        """Latent of a portrait; its note and tuning are beside it."""
        return self.path / LATENTS / f"{portrait}.npy"

    @property
    def photos(self) -> Path:
        """Folder of the edited photographs."""
        return self.path / PHOTOS

    @property
    def image_folders(self) -> tuple[Path, ...]:
        """Folders of results whose images cannot be inputs."""
        return self.path, self.path / CROPS, self.path / RECONSTRUCTIONS

    def _noted(self, name: str) -> dict[str, Any] | None:
        path, noted = self.path / name, None
        if not path.is_file():
            return None
        with suppress(yaml.YAMLError, UnicodeDecodeError):
            noted = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(noted, dict):
            raise RunConflict(f"{path} is damaged, the settings of this run are unknown: choose another {self.option}.")
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
                f"choose another {self.option}, or delete it to start over."
            )

    def _sweep(self) -> None:
        """Remove partial files of a killed process."""
        for path in self.path.rglob(".*.tmp"):
            if path.is_file():
                path.unlink(missing_ok=True)


def flatten(values: Any, prefix: str = "") -> dict[str, Any]:
    """Nested mappings and lists as one mapping with dotted keys."""
    if not isinstance(values, dict | list | tuple) or not values:
        return {prefix: values}
    found: dict[str, Any] = {}
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        found |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def digest(*parts: Any) -> str:
    """Short hash of JSON-able values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _short(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 24 else f"{text[:12]}..."
