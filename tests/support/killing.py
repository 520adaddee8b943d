"""Jobs in processes of their own that are killed at any moment."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

# The server imports torch once; every process forked from it starts at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "tests.support.toy_run",
        "tests.support.toy_restore",
        "pytest",
        "projection.inversion.optimise",
        "projection.inversion.tuning",
        "safetensors.torch",
        "pipeline.run.report",
        "pipeline.project_folder",
        "pipeline.beautify.run",
        "jinja2",
        "cv2",
        "PIL.PngImagePlugin",
        "PIL.JpegImagePlugin",
        "PIL.ImageFont",
    ]
)


def start(target: Callable[..., None], *arguments: Any, **named: Any) -> BaseProcess:
    """A job that runs."""
    process = PROCESSES.Process(target=target, args=arguments, kwargs=named)
    process.start()
    return process


def finish(target: Callable[..., None], *arguments: Any, **named: Any) -> None:
    """Run a job to its end."""
    process = start(target, *arguments, **named)
    process.join(600)
    assert process.exitcode == 0


def count(folder: Path) -> int:
    """Files in a folder, at any depth."""
    return sum(len(names) for _, _, names in os.walk(folder))


def kill_at_random(
    kills: int, seed: int, folder: Path, target: Callable[..., None], *arguments: Any, most: int = 30, **named: Any
) -> int:
    """Start a job that writes to `folder` and kill it after at most `most` new files, so many times; how often it was
    still running then."""
    killed, chance = 0, random.Random(seed)
    for _ in range(kills):
        process = start(target, *arguments, **named)
        before, more = count(folder), chance.randint(1, most)
        while process.is_alive() and count(folder) < before + more:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    return killed


def contents(folder: Path, *patterns: str) -> Mapping[str, bytes]:
    """Bytes of the files that match, by their paths."""
    paths = sorted(path for pattern in patterns for path in folder.rglob(pattern))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
