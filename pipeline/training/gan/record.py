"""Files of a training in its folder: checkpoint, log of losses, sample grids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline.core.errors import BadInput
from pipeline.core.files import cannot_write, json_bytes, write_atomic
from pipeline.training.checkpoint import write_checkpoint

CHECKPOINT, LOG, SAMPLES = "checkpoint.pt", "log.jsonl", "samples"
FORMAT = 1  # of the checkpoints


class Record:
    """The files of one training; only the first process writes them.

    Args:
        folder: Folder of the training.
        signature: Settings and images, to which the checkpoint belongs.
        writes: Whether this process writes.
    """

    def __init__(self, folder: Path, signature: str, writes: bool) -> None:
        self.folder, self.signature, self._writes = folder, f"{FORMAT} {signature}", writes

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """Content of the checkpoint, None without one; raises BadInput if it belongs to another training."""
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return None
        try:
            saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        except Exception as error:  # torch raises anything on a wrong file
            raise BadInput(f"{path} cannot be read as a checkpoint: remove it to start again.") from error
        if saved.get("signature") != self.signature:
            raise BadInput(
                f"{path} belongs to a training with other settings or images: choose another --output-dir, "
                "or remove it to start again."
            )
        return saved

    def keep(self, state: Mapping[str, Any]) -> None:
        """Write the checkpoint; a kill leaves the old or the new one."""
        if self._writes:
            write_checkpoint(self.folder / CHECKPOINT, {"signature": self.signature, **state})

    def cut_log(self, step: int) -> None:
        """Keep the lines of the first `step` steps alone: the others are taken once more."""
        path = self.folder / LOG
        if self._writes and path.is_file():
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if step and _step_of(line) <= step]
            write_atomic(path, "".join(f"{line}\n" for line in lines).encode())

    def log(self, step: int, figures: Mapping[str, Any]) -> None:
        """Append one line of JSON, after so many steps."""
        if not self._writes:
            return
        path = self.folder / LOG
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(json_bytes({"step": step, **figures}))
        except OSError as error:
            raise cannot_write(path, error) from error

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log; none for a process that does not write."""
        path = self.folder / LOG
        if not self._writes or not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def samples(self, kimg: float) -> Path:
        """Path of the grid after so many thousand images."""
        return self.folder / SAMPLES / f"{kimg:09.2f}.png"


def _step_of(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # a line cut off by a kill
        return 2**62
