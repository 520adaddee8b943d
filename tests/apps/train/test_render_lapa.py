"""`face-edit train lapa`: all splits are written, and folders with something else are refused."""

import json
from pathlib import Path

import pytest

from apps.console import run
from apps.train.cli import main
from pipeline.training.lapa.cache import find_pairs


def test_the_command_writes_all_splits_and_refuses_another_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["lapa", str(tmp_path / "d"), "--portraits", "3", "--val", "1", "--test", "2", "--size", "64"]
    assert run(main, [*line, "--workers", "1"]) == 0
    assert [len(find_pairs(tmp_path / "d" / name)) for name in ("train", "val", "test")] == [3, 1, 2]
    assert json.loads((tmp_path / "d" / "renders.json").read_text())["size"] == 64
    assert run(main, [*line[:-1], "96", "--workers", "1"]) == 1
    assert "holds other renders" in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert run(main, ["lapa", str(tmp_path / "mine")]) == 1
    assert "is not empty" in capsys.readouterr().err
