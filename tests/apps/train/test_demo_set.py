"""`face-edit train demo`: the numbers that reach the training, and those that are refused in a sentence."""

from pathlib import Path

import pytest

from apps.console import run
from apps.train import cli
from pipeline.training.context import TrainingContext
from pipeline.training.loop import Budget

OPTIONS = ["--portraits", "21", "--wild", "22", "--pairs", "23", "--held-out", "24", "--workers", "3", "--seed", "4"]
OPTIONS += ["--first", "5", "--even", "25"]


def test_the_numbers_reach_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, TrainingContext, Budget]] = []

    def train_part(part: str, context: TrainingContext, budget: Budget, log: object) -> dict[str, float]:
        trained.append((part, context, budget))
        return {}

    monkeypatch.setattr(cli, "train_part", train_part)
    monkeypatch.setattr(cli, "check_probe", lambda: 0.0)
    line = ["demo", "points", "detector", "--work-dir", str(tmp_path), "--device", "cpu", "--steps", "5", *OPTIONS]
    assert run(cli.main, line) == 0
    assert [part for part, *_ in trained] == ["detector", "points"]  # in the order of PARTS
    _, context, budget = trained[0]
    numbers = (context.portraits, context.wild_portraits, context.pairs, context.held_out_portraits, context.workers)
    assert numbers == (21, 22, 23, 24, 3)
    assert context.even == 25
    assert (context.seed, context.first, context.tune, context.work_dir) == (4, 5, False, tmp_path)
    assert budget == Budget(steps=5)


@pytest.mark.parametrize(
    "option",
    [
        ["--portraits", "3"],
        ["--wild", "0"],
        ["--pairs", "-1"],
        ["--even", "7"],
        ["--held-out", "19"],
        ["--workers", "0"],
    ],
)
def test_too_few_people_are_told_in_a_sentence(
    option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cli.main, ["demo", "depth", "--work-dir", str(tmp_path / "work"), *option]) == 1
    told = capsys.readouterr().err
    assert "have to be at least 20, and --workers at least 1" in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("number", ["-1", "900000"])
def test_people_for_training_have_numbers_of_their_own(
    number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cli.main, ["demo", "depth", "--work-dir", str(tmp_path / "work"), "--first", number]) == 1
    assert "--first has to be at least 0 and less than 900000" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()
