"""Toy runs on a Ray cluster of two nodes, with workers that are slow or die at a chosen portrait."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from pipeline.batch.ray_engine import Cluster
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.run.runner import RunOutcome, run
from tests.support.recorder import Recorder
from tests.support.toy_models import ToyEncoder, ToyModels, portrait_image
from tests.support.toy_run import STEPS, toy_job

ROOT = Path(__file__).parents[2]
STORE = 80_000_000
"""Bytes of a node's object store."""


class DeadlyEncoder(ToyEncoder):
    """Kills its process at one picture, with a file in a folder for each time, up to a number of times.

    Args:
        picture: uint8 (H, W, 3); None: never.
        pause: Seconds that each picture takes.
    """

    def __init__(self, deaths: Path, picture: Image | None = None, most: int = 1, pause: float = 0.0) -> None:
        self.deaths, self.picture, self.most, self.pause = deaths, picture, most, pause

    def encode(self, images: Any, in_torch: bool = False) -> np.ndarray:
        time.sleep(self.pause)
        if self.picture is not None and any(np.array_equal(image, self.picture) for image in images):
            before = len(list(self.deaths.iterdir()))
            if before < self.most:
                (self.deaths / str(before)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(images)


class OtherWeights(ToyModels):
    """Has other weights in another process."""

    def __reduce__(self) -> Any:
        return ToyModels, ("other",)


def fill(folder: Path, count: int) -> Path:
    """Write toy portraits, numbered from 00, to a folder."""
    for number in range(count):
        write_image(folder / f"{number:02d}.png", portrait_image(number))
    return folder


def cluster_run(
    inputs: Path, out: Path, address: str | None, models: Any, progress: Any = None, **asked: Any
) -> RunOutcome:
    """A toy run on the two workers of a cluster; in this process without an address."""
    cluster = None if address is None else Cluster(address, workers=2)
    return run(toy_job(inputs, out, keep=("toy_square",), **asked), models, progress or Recorder(), cluster)


def slow_models(deaths: Path, pause: float) -> Any:
    """Toy models that take `pause` seconds for each portrait."""
    models = ToyModels()
    models.encoder = models.encoder_or_none = DeadlyEncoder(deaths, pause=pause)
    return models


@contextmanager
def two_nodes() -> Iterator[Any]:
    """A cluster of two nodes with one core each on this machine."""
    from ray.cluster_utils import Cluster as Nodes

    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE}
    with patch.dict(os.environ, PYTHONPATH=f"{ROOT}{os.pathsep}{STEPS}"):
        nodes = Nodes(initialize_head=True, head_node_args=head)
        try:
            nodes.add_node(num_cpus=1, object_store_memory=STORE)
            yield nodes
        finally:
            nodes.shutdown()


if __name__ == "__main__":
    photos, out, address, pause = sys.argv[1:]
    cluster_run(Path(photos), Path(out), address, slow_models(Path(out), float(pause)))
