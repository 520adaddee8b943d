"""Settings, images and trainings that take a moment."""

from pathlib import Path

import numpy as np
import torch

from pipeline.core.images import resize, write_image
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.training.gan.loop import GanTraining
from pipeline.training.gan.settings import GanSettings
from pipeline.training.gan.start import open_start

CPU = torch.device("cpu")
TINY = GanSettings(resolution=32, width=4, max_width=8, style_dim=8, n_mlp=1, batch_size=4)


def blobs(count: int, size: int, seed: int = 0) -> Image:
    """Smooth random pictures, uint8 (count, size, size, 3)."""
    rng = np.random.default_rng(seed)
    return np.stack([resize(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8), size) for _ in range(count)])


def write_blobs(folder: Path, count: int, size: int) -> Path:
    """The same as PNG files."""
    for number, image in enumerate(blobs(count, size)):
        write_image(folder / f"{number:03}.png", image)
    return folder


def training(
    folder: Path, settings: GanSettings = TINY, base: str | None = None, bar: Progress = SILENT
) -> GanTraining:
    """A training on 60 blobs."""
    torch.manual_seed(settings.seed)
    start = open_start(settings, base)
    return GanTraining(start, settings, blobs(60, settings.resolution), folder, str(settings), CPU, bar)
