"""`face-edit train lapa DIR`: rendered portraits in the layout of the LaPa data set, where there are no photographs."""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.images import write_image

CHUNK = 50
RECORD = "renders.json"
# No part of the demo set trains on the second of these, and nothing at all on the third.
SEEDS = {"train": 1_000_000, "val": 2_000_000, "test": 900_000_000}


def main(argv: list[str]) -> int:
    """Run `face-edit train lapa`; returns the exit status."""
    args = _arguments().parse_args(argv)
    from apps.console import ConsoleProgress

    counts = {"train": args.portraits, "val": args.val, "test": args.test}
    if args.workers < 1 or min(counts.values()) < 1:
        raise BadInput("--portraits, --val, --test and --workers have to be at least 1.")
    folder = args.folder.expanduser()
    with ConsoleProgress() as progress:
        move = progress.step
        write_renders(folder, counts, args.size, args.workers, lambda done, total: move("rendering", done, total))
    print(f"{folder} holds {args.portraits} portraits to train on, {args.val} to choose by and {args.test} to test on.")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit train lapa",
        description="Write rendered portraits with labels of 11 classes in the layout of LaPa, {train,val,test}/"
        "{images/*.jpg,labels/*.png}; those to test are held out from all trainings. Goes on after a kill.",
        epilog="example: face-edit train lapa lapa --portraits 4000",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="new folder, or one to go on with")
    parser.add_argument("--portraits", type=int, default=4000, help="to train on (default: %(default)s)")
    parser.add_argument("--val", type=int, default=200, help="to choose by while training (default: %(default)s)")
    parser.add_argument("--test", type=int, default=300, help="to measure on (default: %(default)s)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels, 32 to 512 (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="rendering processes (default: %(default)s)")
    return parser


@dataclass(frozen=True)
class Chunk:
    """Portraits of one seed: `count` files from number `first` on in one split."""

    folder: Path
    size: int
    seed: int
    first: int
    count: int

    def files(self) -> list[tuple[Path, Path]]:
        """Picture and labels of each portrait."""
        names = [f"{number:06d}" for number in range(self.first, self.first + self.count)]
        return [(self.folder / "images" / f"{name}.jpg", self.folder / "labels" / f"{name}.png") for name in names]


def write_renders(
    folder: Path, counts: dict[str, int], size: int, workers: int, move: Callable[[int, int], None]
) -> None:
    """Render `counts` portraits of `size` pixels for each split of SEEDS; goes on where a kill left it.

    move: told how many portraits of how many there are. Raises BadInput when the folder holds other renders.
    """
    from pipeline.world.render import VERSION

    record = folder / RECORD
    plan = {"world": VERSION, "size": size, **counts}
    if record.is_file() and json.loads(record.read_text()) != plan:
        raise BadInput(f"{folder} holds other renders: name another folder, or remove it to render anew.")
    if not record.is_file() and folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: name a new folder.")
    write_atomic(record, json.dumps(plan).encode())
    chunks = [
        Chunk(folder / split, size, SEEDS[split] + start // CHUNK, start, min(CHUNK, count - start))
        for split, count in counts.items()
        for start in range(0, count, CHUNK)
    ]
    done, total = 0, sum(counts.values())
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for finished in as_completed([pool.submit(_write, chunk) for chunk in chunks]):
            done += finished.result()
            move(done, total)


def _write(chunk: Chunk) -> int:
    """Render what a chunk lacks; returns its number of portraits."""
    if all(image.is_file() and labels.is_file() for image, labels in chunk.files()):
        return chunk.count
    import cv2
    import torch

    from pipeline.world.parameters import Parameters, sample_z
    from pipeline.world.render import render
    from postprocess.labels import to_lapa

    torch.set_num_threads(1)
    persons = Parameters.from_z(sample_z(CHUNK, chunk.seed))
    for start in range(0, chunk.count, 10):  # ten at a time keep a worker's memory small and its data in the cache
        part = persons[start : min(start + 10, chunk.count)]
        drawn = render(part, chunk.size)
        worn = np.flatnonzero(part.glasses.numpy())
        if len(worn):  # LaPa's annotators looked through spectacles
            drawn.labels[worn] = render(part.with_values(glasses=0)[worn.tolist()], chunk.size).labels
        for (image, labels), pixels, classes in zip(chunk.files()[start:], drawn.rgb, drawn.labels, strict=False):
            write_image(image, pixels)
            write_atomic(labels, np.asarray(cv2.imencode(".png", to_lapa(classes))[1]).tobytes())
    return chunk.count
