"""Rendered people in files of a few dozen each, written by all cores and resumed where they stopped.

python -m pipeline.training.people FOLDER --count 12000 --look studio
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pipeline.core.files import atomic_file
from pipeline.world.people.person import Look, draw
from pipeline.world.people.portrait import stacked

PEOPLE = 40  # of a file


def write_shard(path: Path, first: int, count: int, look: Look, size: int) -> None:
    """Write the people of seeds first..first + count - 1 as one .npz; see `stacked` for what it holds."""
    from pipeline.world.people.render import render

    people = [draw(seed, look) for seed in range(first, first + count)]
    with atomic_file(path) as file:
        np.savez_compressed(file, **stacked(people, [render(person, size) for person in people]))  # type: ignore[arg-type]


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
