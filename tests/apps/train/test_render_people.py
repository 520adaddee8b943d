"""`face-edit train people`: what it refuses, each in one sentence."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from apps.console import run
from apps.train.cli import main

WITHOUT = """
import sys
sys.modules["numba"] = sys.modules["embreex"] = None
from apps.cli import main
sys.exit(main(["train", "people", "--output-dir", "people"]))
"""


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--count", "0"], "--count and --workers have to be at least 1"),
        (["--workers", "0"], "--count and --workers have to be at least 1"),
        (["--first", "-1"], "--first at least 0"),
        (["--size", "16"], "use 32 to 512 pixels"),
    ],
)
def test_a_number_out_of_range_is_told_in_a_sentence(
    options: list[str], answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(main, ["people", "--output-dir", str(tmp_path / "people"), *options]) == 1
    told = capsys.readouterr().err
    assert answer in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "people").exists()


def test_without_the_renderer_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ".[world]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_and_a_folder_that_is_none_are_told_before_anything_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    (tmp_path / "file").write_text("dear")
    assert run(main, ["people", "--output-dir", str(tmp_path / "file")]) == 1
    assert "Cannot write to" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Disk(10**9, 9 * 10**8, 10**8))
    assert run(main, ["people", "--output-dir", str(tmp_path / "people"), "--count", "1000"]) == 1
    told = capsys.readouterr().err
    assert "0.2 GB are to come" in told
    assert "another folder in --output-dir" in told
    assert not list((tmp_path / "people").glob("*.npz"))
