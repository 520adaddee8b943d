"""Many photos: what is finished stays, what failed is noted and tried again."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.beautify import Retoucher
from pipeline.beautify.run import beautify_all
from pipeline.core.errors import RunConflict
from pipeline.core.images import write_image
from tests.pipeline.beautify.test_faces import STRONG, parse
from tests.support.killing import contents, finish, kill_at_random
from tests.support.recorder import Recorder
from tests.support.toy_run import slow_files, toy_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        write_image(tmp_path / "photos" / f"{number}.png", toy_photo(number))
    return tmp_path / "photos"


def toy_retoucher() -> Retoucher:
    """Retouches the whole picture as one face."""
    return Retoucher(STRONG, parse)


def slow_beautify(folder: Path, results: Path, delay: float) -> None:
    """Retouch with slow files, in a process of its own."""
    slow_files(delay)
    beautify_all([folder], results, toy_retoucher())


def test_an_interrupted_run_goes_on_with_the_next_photo(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"

    def stop(record: Record) -> None:
        if record.portrait == "1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beautify_all([folder], results, toy_retoucher(), tell=stop)
    progress = Recorder()
    outcome = beautify_all([folder], results, toy_retoucher(), progress=progress)
    assert outcome.before >= 1 and "0" not in outcome.records
    assert (progress.total, progress.before + progress.items) == (3, 3)
    assert sorted(path.name for path in results.glob("*.png")) == ["0.png", "1.png", "2.png"]
    assert beautify_all([folder], results, toy_retoucher()).records == {}


def test_a_photo_that_failed_is_tried_again(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    (folder / "1.png").write_bytes(b"torn")
    outcome = beautify_all([folder], results, toy_retoucher())
    assert list(outcome.failed) == ["1"] and "1.png" in outcome.failed["1"] and outcome.exit_code == 1
    write_image(folder / "1.png", np.zeros((8, 8, 3), np.uint8))
    again = beautify_all([folder], results, toy_retoucher())
    assert again.before == 2 and not again.failed and len(again.records) == 1


def test_a_photo_that_changed_is_done_again(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    beautify_all([folder], results, toy_retoucher())
    before = (results / "1.png").read_bytes()
    write_image(folder / "1.png", toy_photo(9))
    assert list(beautify_all([folder], results, toy_retoucher()).records) == ["1"]
    assert (results / "1.png").read_bytes() != before


def test_one_process_at_a_time(folder: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "results"), pytest.raises(RunConflict, match="Another run"):
        beautify_all([folder], tmp_path / "results", toy_retoucher())


def kill_and_compare(folder: Path, tmp_path: Path, kills: int, seed: int, photos: int) -> None:
    for number in range(3, photos):
        write_image(folder / f"{number}.png", toy_photo(number))
    finish(slow_beautify, folder, tmp_path / "whole", 0.004)
    results = tmp_path / "killed"
    assert kill_at_random(kills, seed, results, slow_beautify, folder, results, 0.004, most=6)
    finish(slow_beautify, folder, results, 0.004)
    assert contents(results, "*.png") == contents(tmp_path / "whole", "*.png")
    assert len(contents(results, "*.png")) == photos and not list(results.rglob("*.tmp"))


def test_killed_twice(folder: Path, tmp_path: Path) -> None:
    kill_and_compare(folder, tmp_path, 2, 1, 5)


@pytest.mark.full
def test_killed_again_and_again(folder: Path, tmp_path: Path) -> None:
    kill_and_compare(folder, tmp_path, 10, 2, 30)
