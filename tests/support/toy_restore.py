"""A restoration without weights: a net that lightens, each of whose results depends on what else is in its batch."""

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from pipeline.core.crop import FFHQ_512
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.restore import run as restore_run
from pipeline.restore.job import RestoreJob
from pipeline.restore.nets import RestoreNets, Restorer

SIZE, AT_ONCE = 64, 3


class ToyNet:
    """Stands where `postprocess.restoration.FaceRestorer` stands."""

    input_size = SIZE
    has_fidelity = False
    fidelity = 0.5

    def __init__(self, pause: float = 0.0, room: int = 1000) -> None:
        self.device = torch.device("cpu")
        self.pause, self.room = pause, room
        self.sizes: list[int] = []

    def restore(self, images: Sequence[Image], at_once: int | None = None) -> Image:
        at_once = at_once or AT_ONCE
        found: list[Image] = []
        for start in range(0, len(images), at_once):
            batch = np.stack(images[start : start + at_once]).astype(np.int64)
            self.sizes.append(len(batch))
            if len(batch) > self.room:
                raise torch.OutOfMemoryError("no room")
            time.sleep(self.pause)
            found += list(np.clip(batch // 2 + 100 + batch.sum() % 7, 0, 255).astype(np.uint8))
        return np.stack(found)


class ToyDetector:
    """Finds faces where it was told."""

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)

    def detect(self, image: Image) -> list[Face]:
        return self.faces


def face(left: float, top: float, side: float) -> Face:
    """An upright face whose restorers' square is there."""
    points = FFHQ_512 * side + [left, top]
    return Face((left, top, side, side), 0.9, points)


def toy_nets(fidelity: float = 0.0, detector: ToyDetector | None = None, **net: Any) -> RestoreNets:
    """Nets with the toy net."""
    return RestoreNets(Restorer(ToyNet(**net), fidelity), detector, None, {"weights": "toy", "device": "cpu"})  # type: ignore[arg-type]


def toy_job(folder: Path, **settings: Any) -> RestoreJob:
    """A job over `folder`/photos, aligned pictures by default."""
    return RestoreJob(
        **{
            "input_dir": folder / "photos",
            "output_dir": folder / "out",
            "model": "demo",
            "fidelity": 0.0,
            "detector": "aligned",
            **settings,
        }
    )


def toy_run(
    job: RestoreJob,
    detector: ToyDetector | None = None,
    pause: float = 0.0,
    progress: Progress = SILENT,
) -> restore_run.RestoreOutcome:
    """Run a job with the toy net."""
    nets = toy_nets(job.fidelity, detector, pause=pause)
    with patch.object(restore_run, "open_nets", lambda *_: nets):
        return restore_run.run(job, torch.device("cpu"), progress=progress)


def interruptible_run(job: RestoreJob) -> None:
    """For a process of its own: ends with exit code 130 when interrupted, as the command does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with patch.object(restore_run, "STATISTICS_SECONDS", 0.01):
        try:
            toy_run(job, pause=0.01)
        except KeyboardInterrupt:
            sys.exit(130)
