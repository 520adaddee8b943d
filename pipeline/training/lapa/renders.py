"""Rendered portraits in the layout of the LaPa data set, as training data without photographs."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.images import write_image
from pipeline.core.progress import Progress
from pipeline.world.parameters import Parameters, sample_z
from pipeline.world.render import VERSION, render
from postprocess.labels import to_lapa

CHUNK = 50
RECORD = "renders.json"
# The demo set is trained on neither "val" nor "test", and "test" is held out of all trainings.
SEEDS = {"train": 1_000_000, "val": 2_000_000, "test": 900_000_000}


@dataclass(frozen=True)
class Chunk:
    """Portraits of one seed in one split.

    Attributes:
        folder: Folder of the split.
        size: Side in pixels.
        seed: Seed of the portraits.
        first: Number of the first file.
        count: Number of portraits.
    """

    folder: Path
    size: int
    seed: int
    first: int
    count: int

    def files(self) -> list[tuple[Path, Path]]:
        """Paths of image and labels of each portrait."""
        names = [f"{number:06d}" for number in range(self.first, self.first + self.count)]
        return [(self.folder / "images" / f"{name}.jpg", self.folder / "labels" / f"{name}.png") for name in names]


def write_renders(folder: Path, counts: dict[str, int], size: int, workers: int, progress: Progress) -> None:
    """Render portraits in the layout of LaPa; resumes after a kill.

    Args:
        folder: New folder, or one of an unfinished call.
        counts: Number of portraits of each split of SEEDS.
        size: Side in pixels, 32 to 512.
        workers: Rendering processes.
        progress: Receives the number of finished portraits.

    Raises:
        BadInput: The folder holds other renders or other files.
    """
    record = folder / RECORD
    plan = {"world": VERSION, "size": size, **counts}
    if record.is_file() and json.loads(record.read_text()) != plan:
        raise BadInput(f"{folder} holds other renders: name another folder, or remove it to render again.")
    if not record.is_file() and folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: name a new folder.")
    write_atomic(record, json.dumps(plan).encode())
    chunks = [
        Chunk(folder / split, size, SEEDS[split] + start // CHUNK, start, min(CHUNK, count - start))
        for split, count in counts.items()
        for start in range(0, count, CHUNK)
    ]
    done, total = 0, sum(counts.values())
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        for finished in as_completed([pool.submit(_write, chunk) for chunk in chunks]):
            done += finished.result()
            progress.step("rendering", done, total)


def _write(chunk: Chunk) -> int:
    """Render an incomplete chunk; returns its number of portraits."""
    if all(image.is_file() and labels.is_file() for image, labels in chunk.files()):
        return chunk.count
    persons = Parameters.from_z(sample_z(CHUNK, chunk.seed))
    for start in range(0, chunk.count, 10):  # ten at a time keep a worker's memory small and its data in the cache
        part = persons[start : min(start + 10, chunk.count)]
        drawn = render(part, chunk.size)
        worn = np.flatnonzero(part.glasses.numpy())
        if len(worn):  # the labels of LaPa ignore spectacles
            drawn.labels[worn] = render(part.with_values(glasses=0)[worn.tolist()], chunk.size).labels
        for (image, labels), pixels, classes in zip(chunk.files()[start:], drawn.rgb, drawn.labels, strict=False):
            write_image(image, pixels)
            write_atomic(labels, np.asarray(cv2.imencode(".png", to_lapa(classes))[1]).tobytes())
    return chunk.count
