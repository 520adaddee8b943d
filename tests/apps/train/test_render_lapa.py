"""`face-edit train lapa`: all splits are written, people given, and folders with something else are refused."""

from pathlib import Path

import pytest

from apps.console import run
from apps.train.cli import main
from pipeline.training.lapa.cache import find_pairs
from pipeline.training.people import Plan, write_people


def test_the_command_writes_all_splits_and_refuses_another_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    line = ["lapa", str(tmp_path / "d"), "--portraits", "3", "--val", "1", "--test", "2", "--workers", "1", "--size"]
    assert run(main, [*line, "64"]) == 0
    found = {name: [image.stem for image, _ in find_pairs(tmp_path / "d" / name)] for name in ("train", "val", "test")}
    assert [len(names) for names in found.values()] == [3, 1, 2]
    assert found["train"][0] == "train-studio-011000000-00"
    assert run(main, [*line, "64"]) == 0
    assert run(main, [*line, "96"]) == 1
    assert "other settings" in capsys.readouterr().err

    write_people(tmp_path / "people", 2, Plan(size=32, first=7), 1)
    assert run(main, ["lapa", str(tmp_path / "e"), *line[2:], "64", "--people", str(tmp_path / "people")]) == 0
    assert [image.stem for image, _ in find_pairs(tmp_path / "e" / "train")] == [
        "people-000000007-00",
        "people-000000007-01",
    ]


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ([], "is not empty"),
        (["--val", "0"], "have to be at least 1"),
        (["--size", "8"], "use 32 to 512 pixels"),
        (["--people", "nowhere"], "There are no people nowhere"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, options: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" if options else tmp_path
    (tmp_path / "letter.txt").write_text("dear")
    assert run(main, ["lapa", str(folder), *options]) == 1
    shown = capsys.readouterr().err
    assert answer in shown
    assert len(shown.splitlines()) == 1
