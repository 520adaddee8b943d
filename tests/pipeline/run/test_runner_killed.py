"""A run that is killed without warning and started again ends with the pixels of one that was not."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.run.job import Photographs
from tests.pipeline.run.test_runner import images, records
from tests.support.killing import finish, kill_at_random
from tests.support.toy_models import portrait_image
from tests.support.toy_run import slow_run, toy_photo

DELAY = 0.004
PLAIN: dict[str, Any] = {}
TUNED = {"projection": {"n_iter": 0, "tuning": {"steps": 3, "enough": 99}}}


def latents(folder: Path) -> dict[str, bytes]:
    """Latents and tunings; the notes beside them."""
    return {path.name: path.read_bytes() for path in sorted((folder / "projected_latents").iterdir())}


def kill_and_compare(
    tmp_path: Path, kills: int, seed: int, config: Mapping[str, Any], picture: Callable[[int], Image] = portrait_image
) -> None:
    photos = tmp_path / ("photographs" if picture is toy_photo else "photos")
    for number in range(5):
        write_image(photos / f"person_{number}.png", picture(number))
    asked = {"photos": Photographs()} if picture is toy_photo else {}
    finish(slow_run, photos, tmp_path / "whole", DELAY, config, **asked)
    folder = tmp_path / "killed"
    assert kill_at_random(kills, seed, folder, slow_run, photos, folder, DELAY, config, **asked)
    finish(slow_run, photos, folder, DELAY, config, **asked)
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
@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again(tmp_path: Path, seed: int, config: Mapping[str, Any]) -> None:
    kill_and_compare(tmp_path, 10, seed, config)
