"""The comparison of inversions: reached losses, and the command's table, plot and JSON."""

import json
from pathlib import Path

import pytest

from apps import cli
from pipeline.quality.projection import REFERENCE, Run, projection_table, speedups


def run(schedule: str, *trace: tuple[float, float], portrait: int = 0) -> Run:
    return Run(schedule, portrait, trace, 20.0, None)


def test_the_reference_is_over_when_its_lowest_loss_is_found() -> None:
    reference = run(REFERENCE, (1, 0.9), (8, 0.5), (10, 0.5))
    fast = run("fast", (1, 0.7), (2, 0.4), (4, 0.3))
    assert speedups([reference], [fast]) == [4.0] and speedups([reference], [reference]) == [1.0]
    assert speedups([reference], [run("slow", (20, 0.6))]) == []


def test_the_table_tells_how_many_reach_it() -> None:
    runs = [run(REFERENCE, (8, 0.5)), run("a", (2, 0.4)), run(REFERENCE, (8, 0.5), portrait=1)]
    runs.append(run("a", (2, 0.6), portrait=1))
    rows = projection_table(runs).rows
    assert rows[1] == ("a", "2.0", "0.5000", "20.00", "1 of 2", "4.0", "4.0", "-")


def test_the_command_writes_table_plot_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = ["--set", "projection.n_iter=2", "--portraits", "1", "--reference-iterations", "2"]
    assert cli.main(["bench", "projection", *sets, "--output-dir", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / "projection.json").read_text())
    assert [each["schedule"] for each in found["runs"]] == [REFERENCE, "settings", "fast", "fast, bfloat16"]
    for each in found["runs"]:
        seconds, losses = zip(*each["trace"], strict=True)
        assert list(seconds) == sorted(seconds) and list(losses) == sorted(losses, reverse=True)
    assert (tmp_path / "out" / "projection.png").read_bytes().startswith(b"\x89PNG")
    assert REFERENCE in (tmp_path / "out" / "projection.md").read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--portraits", "0"], "it must be at least 1"),
        (["--portraits", "99"], "choose --portraits from 1 to 8"),
        (["--reference-iterations", "0"], "of 1 or more"),
    ],
)
def test_options_without_meaning_are_refused(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bench", "projection", *options, "--output-dir", str(tmp_path / "out")]) != 0
    assert sentence in " ".join(capsys.readouterr().err.split())
