"""A run that is killed without warning and started again ends with the pixels of one that was not."""

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pipeline.core.images import write_image
from tests.pipeline.test_run import images, records
from tests.toy_run import slow_run
from tests.toys import portrait_image

# The server imports torch once; every process forked from it starts at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "tests.toy_run",
        "pytest",
        "projection.optimise",
        "pipeline.report",
        "jinja2",
        "cv2",
        "PIL.PngImagePlugin",
        "PIL.ImageFont",
    ]
)
DELAY = 0.004


def start(photos: Path, folder: Path) -> BaseProcess:
    process = PROCESSES.Process(target=slow_run, args=(photos, folder, DELAY))
    process.start()
    return process


def finish(photos: Path, folder: Path) -> None:
    process = start(photos, folder)
    process.join(120)
    assert process.exitcode == 0


def wait_for(folder: Path, files: int, process: BaseProcess) -> None:
    """Until the run has written so many more files, or has ended."""
    before = count(folder)
    while process.is_alive() and count(folder) < before + files:
        time.sleep(0.001)


def count(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def kill_and_compare(tmp_path: Path, kills: int, seed: int) -> None:
    photos = tmp_path / "photos"
    for number in range(5):
        write_image(photos / f"person_{number}.png", portrait_image(number))
    finish(photos, tmp_path / "whole")
    killed, chance = 0, random.Random(seed)
    folder = tmp_path / "killed"
    for _ in range(kills):
        process = start(photos, folder)
        wait_for(folder, chance.randint(1, 30), process)
        time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    finish(photos, folder)
    assert killed > 0
    assert images(folder) == images(tmp_path / "whole")
    assert not list(folder.rglob("*.tmp"))
    assert (folder / "projected_latents/person_3.npy").read_bytes() == (
        tmp_path / "whole/projected_latents/person_3.npy"
    ).read_bytes()
    edits = [(record["portrait"], record["edit"]) for record in records(folder)]
    assert edits == [(record["portrait"], record["edit"]) for record in records(tmp_path / "whole")]


def test_killed_three_times(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=3, seed=1)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(8))
def test_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    kill_and_compare(tmp_path, kills=6, seed=seed)
