"""Rendered people in files of a few dozen each, written by all cores and resumed where they stopped.

python -m pipeline.training.people FOLDER --count 12000 --look studio
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.core.files import atomic_file
from pipeline.world.people.attributes import values
from pipeline.world.people.person import Look, draw

if TYPE_CHECKING:
    from pipeline.world.people.render import Portrait

PEOPLE = 40  # of a file


def write_shard(path: Path, first: int, count: int, look: Look, size: int) -> None:
    """Write the people of seeds first..first + count - 1 as one .npz.

    rgb (n, s, s, 3), labels (n, s, s) uint8, depth (n, s, s) float16 in dm, landmarks (n, 70, 2) and outlines by name
    float32 in pixels, people: one line of JSON each, with its parameters and the values of its attributes.
    """
    from pipeline.world.people.render import render

    people = [draw(seed, look) for seed in range(first, first + count)]
    portraits = [render(person, size) for person in people]
    lines = [json.dumps({**asdict(person), "attributes": values(person)}) for person in people]
    outlines = {name: np.stack([p.outlines[name] for p in portraits]) for name in portraits[0].outlines}
    with atomic_file(path) as file:
        np.savez_compressed(file, people=np.array(lines), **_stacked(portraits), **outlines)  # type: ignore[arg-type]


def _stacked(portraits: list[Portrait]) -> dict[str, NDArray[np.generic]]:
    return {
        "rgb": np.stack([p.rgb for p in portraits]),
        "labels": np.stack([p.labels for p in portraits]),
        "depth": np.stack([p.depth for p in portraits]).astype(np.float16),
        "landmarks": np.stack([p.landmarks for p in portraits]),
    }


def write_shards(folder: Path, first: int, count: int, look: Look, size: int, workers: int) -> Iterator[Path]:
    """Write `count` people to FOLDER/SEED.npz, PEOPLE a file, and yield each path; files that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for seed in range(first, first + count, PEOPLE):
        path = folder / f"{seed:08d}.npz"
        if path.exists():
            yield path
        else:
            jobs.append((path, seed, min(PEOPLE, first + count - seed), look, size))
    if jobs:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            yield from pool.imap_unordered(_job, jobs)


def _job(job: tuple[Path, int, int, Look, int]) -> Path:
    write_shard(*job)
    return job[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000, help="people (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (default: %(default)s)")
    parser.add_argument("--look", choices=["studio", "wild"], default="studio")
    parser.add_argument("--size", type=int, default=256, help="pixels (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    args = parser.parse_args()
    if not all(find_spec(package) for package in ("numba", "embreex")):
        parser.error("people are rendered by numba and embreex: install the extra `world`, gan-face-editing[world].")
    for done in write_shards(args.folder, args.first, args.count, args.look, args.size, args.workers):
        print(done, flush=True)
