"""A run that is killed without warning and started again ends with the pixels of one that was not."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.run.job import Photographs
from tests.pipeline.run.test_runner import images, records
from tests.support.toy_models import portrait_image
from tests.support.toy_run import slow_run, toy_photo

# The server imports torch once; every process forked from it starts at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "tests.support.toy_run",
        "pytest",
        "projection.inversion.optimise",
        "projection.inversion.tuning",
        "safetensors.torch",
        "pipeline.run.report",
        "jinja2",
        "cv2",
        "PIL.PngImagePlugin",
        "PIL.ImageFont",
    ]
)
DELAY = 0.004
PLAIN: dict[str, Any] = {}
TUNED = {"projection": {"n_iter": 0, "tuning": {"steps": 3, "enough": 99}}}


def start(photos: Path, folder: Path, config: Mapping[str, Any]) -> BaseProcess:
    asked = {"photos": Photographs()} if photos.name == "photographs" else {}
    process = PROCESSES.Process(target=slow_run, args=(photos, folder, DELAY, config), kwargs=asked)
    process.start()
    return process


def finish(photos: Path, folder: Path, config: Mapping[str, Any]) -> None:
    process = start(photos, folder, config)
    process.join(120)
    assert process.exitcode == 0


def wait_for(folder: Path, files: int, process: BaseProcess) -> None:
    """Until the run has written so many more files, or has ended."""
    before = count(folder)
    while process.is_alive() and count(folder) < before + files:
        time.sleep(0.001)


def count(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def latents(folder: Path) -> dict[str, bytes]:
    """Latents and tunings; the notes beside them."""
    return {path.name: path.read_bytes() for path in sorted((folder / "projected_latents").iterdir())}


def kill_and_compare(
    tmp_path: Path, kills: int, seed: int, config: Mapping[str, Any], picture: Callable[[int], Image] = portrait_image
) -> None:
    photos = tmp_path / ("photographs" if picture is toy_photo else "photos")
    for number in range(5):
        write_image(photos / f"person_{number}.png", picture(number))
    finish(photos, tmp_path / "whole", config)
    killed, chance = 0, random.Random(seed)
    folder = tmp_path / "killed"
    for _ in range(kills):
        process = start(photos, folder, config)
        wait_for(folder, chance.randint(1, 30), process)
        time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    finish(photos, folder, config)
    assert killed > 0
    assert images(folder) == images(tmp_path / "whole")
    assert not list(folder.rglob("*.tmp"))
    assert latents(folder) == latents(tmp_path / "whole")
    edits = [(record["portrait"], record["edit"]) for record in records(folder)]
    assert edits == [(record["portrait"], record["edit"]) for record in records(tmp_path / "whole")]


@pytest.mark.parametrize("config", [PLAIN, TUNED], ids=["plain", "tuned"])
def test_killed_three_times(tmp_path: Path, config: Mapping[str, Any]) -> None:
    kill_and_compare(tmp_path, 3, 1, config)


def test_killed_between_photographs(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, 3, 2, PLAIN, toy_photo)
    assert len(list((tmp_path / "killed" / "photos").glob("*/*.png"))) == 5 * 7


@pytest.mark.full
@pytest.mark.parametrize("config", [PLAIN, TUNED], ids=["plain", "tuned"])
@pytest.mark.parametrize("seed", range(8))
def test_killed_again_and_again(tmp_path: Path, seed: int, config: Mapping[str, Any]) -> None:
    kill_and_compare(tmp_path, 6, seed, config)
