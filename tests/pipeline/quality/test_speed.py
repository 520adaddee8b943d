"""The speed command: every stage once, the same figures as a table and as JSON."""

import json
from pathlib import Path

import pytest

from apps import cli
from pipeline.quality.speed import Stage, images_per_second, speed_table
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config


def test_images_a_second_count_the_portrait_once():
    stages = [Stage("read", 1.0, 0, None), Stage("inversion", 5.0, 0, None), Stage("translation", 0.5, 0, None)]
    assert images_per_second(stages, 4) == (4 / 8, 4 / 3)


def test_the_share_of_the_peak_is_that_of_the_operations():
    table = speed_table([Stage("a", 0.5, 4e9, 3 * 2**20), Stage("b", 0.25, 0.0, None)], 16e9)
    assert table.rows == (("a", "500.0", "2.00", "50%", "3"), ("b", "250.0", "4.00", "-", "-"))


def test_the_command_names_every_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    toy_config()
    monkeypatch.setattr("pipeline.models.Models", lambda *_: ToyModels())
    out = tmp_path / "out"
    settings = ["--set", "steps=[toy_square]", "--set", "projection.n_iter=0"]
    assert cli.main(["bench", "speed", "--edits", "3", "--output-dir", str(out), *settings]) == 0
    found = json.loads((out / "speed.json").read_text())
    stages = ["read", "inversion", "edits", "translation", "toy_square", "write"]
    assert [stage["name"] for stage in found["stages"]] == stages
    assert found["edits"] == 3
    assert found["images_per_second"]["whole"] <= found["images_per_second"]["without_inversion"]
    assert all(stage["seconds"] > 0 for stage in found["stages"])
    printed, written = capsys.readouterr().out, (out / "speed.md").read_text()
    assert all(name in printed and f"| {name} |" in written for name in stages)
