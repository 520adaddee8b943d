"""A restoration that is interrupted or killed, and started again, ends with the bytes of one that was not."""

import json
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.images import write_image
from tests.pipeline.restore.test_run import results
from tests.support.killing import count, start
from tests.support.toy_restore import interruptible_run, toy_job


def interrupt_and_compare(tmp_path: Path, times: int, photos: int, seed: int) -> list[int]:
    """Exit codes of the interrupted runs."""
    chance = random.Random(seed)
    for number in range(photos):
        pixels = np.random.default_rng(number).integers(0, 256, (72, 72, 3), np.uint8)
        write_image(tmp_path / "photos" / f"p{number:03d}.png", pixels)
    (tmp_path / "photos" / "p001.png").write_text("broken")
    codes = []
    folder, whole = tmp_path / "out", tmp_path / "whole"
    last = start(interruptible_run, toy_job(tmp_path, output_dir=whole, comparisons=True))
    last.join(120)
    assert last.exitcode == 0
    job = toy_job(tmp_path, comparisons=True)
    for _ in range(times):
        process = start(interruptible_run, job)
        # Half of a start's share of the two files per photo: an interrupted pass also writes what is queued.
        before, more = count(folder), chance.randint(1, max(photos // times, 2))
        while process.is_alive() and count(folder) < before + more:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        if process.is_alive():
            os.kill(process.pid or 0, chance.choice((signal.SIGINT, signal.SIGKILL)))
        process.join(60)
        codes.append(process.exitcode or 0)
        statistics = folder / "restoration_stats.json"
        if process.exitcode == 130 and statistics.is_file():  # there are none yet where it had not come to a photo
            found = json.loads(statistics.read_text())
            assert len(found["files"]) == found["inputs"] == photos
    last = start(interruptible_run, job)
    last.join(120)
    assert last.exitcode == 0
    assert {path.name: path.read_bytes() for path in sorted((whole / "restored").iterdir())} == results(tmp_path)
    assert not list(folder.rglob("*.tmp"))
    found = json.loads((folder / "restoration_stats.json").read_text())
    assert [entry["name"] for entry in found["files"]] == [f"p{number:03d}" for number in range(photos)]
    assert (found["restored"], found["failed"], found["waiting"]) == (photos - 1, 1, 0)
    return codes


def test_interrupted_and_killed(tmp_path: Path) -> None:
    assert set(interrupt_and_compare(tmp_path, 4, 20, 1)) & {130, -signal.SIGKILL}


@pytest.mark.full
def test_interrupted_twenty_times(tmp_path: Path) -> None:
    codes = interrupt_and_compare(tmp_path, 20, 120, 3)
    assert {130, -signal.SIGKILL} <= set(codes)
    assert sum(code in (130, -signal.SIGKILL) for code in codes) >= 18
