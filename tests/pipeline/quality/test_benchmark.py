"""The benchmark of edits on toy models: what it gives, what it measures, and that it can be continued."""

import csv
import json

import numpy as np
import pytest

from apps.bench import cli
from apps.bench.edits import others
from pipeline.batch.folder import RunFolder
from pipeline.core.errors import BadInput, RunConflict
from pipeline.core.images import read_image, write_image
from pipeline.quality import benchmark
from pipeline.quality.baselines.store import Baselines
from pipeline.quality.benchmark import Benchmark
from pipeline.quality.comparison import METRICS
from pipeline.quality.foreign import image_of
from pipeline.quality.judging import Judging
from pipeline.quality.methods import OURS, TITLES, WITHOUT
from tests.pipeline.quality.test_edits import models, renderer  # noqa: F401 -- fixtures
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config


@pytest.fixture
def toys(models, monkeypatch):  # noqa: F811
    monkeypatch.setattr(Baselines, "translations", lambda self, method: models.translations)
    monkeypatch.setattr(
        "pipeline.quality.methods.original.blended", lambda frames, _: [frame.image for frame in frames]
    )
    return models


def bench(models: ToyModels, folder, count: int = 2, others=None, **settings) -> Benchmark:  # noqa: F811
    return Benchmark(RunFolder(folder), models, toy_config(**settings), count, others or {})


def measured(bench: Benchmark) -> list[dict[str, float | str]]:
    bench.prepare()
    return [row for rows in bench.measure() for row in rows]


def foreign(bench: Benchmark, folder) -> None:
    """A method that gives the portraits back."""
    with (bench.folder.path / "targets.csv").open() as file:
        for line in csv.DictReader(file):
            portrait = read_image(bench.folder.path / "portraits" / f"{line['portrait']}.png")
            write_image(image_of(folder, line["portrait"], line["edit"]), portrait)


@pytest.mark.usefixtures("renderer")
def test_every_method_has_the_same_edits_of_the_same_portraits(toys, tmp_path):
    found = bench(toys, tmp_path)
    rows = measured(found)
    with (tmp_path / "targets.csv").open() as file:
        asked = [(line["portrait"], line["edit"]) for line in csv.DictReader(file)]
    assert {portrait for portrait, _ in asked} == {"000", "001"}
    assert set(found.titles) == {*TITLES, f"{WITHOUT}toy_square", f"{WITHOUT}toy_invert"}
    for method in found.titles:
        assert [(row["portrait"], row["edit"]) for row in rows if row["method"] == method] == asked
    for portrait in ("000", "001"):
        assert np.load(tmp_path / "projected_latents" / f"{portrait}.npy").shape == (2, 24)
        assert read_image(tmp_path / "portraits" / f"{portrait}.png").shape == (64, 64, 3)
    columns = {metric.column for metric in METRICS.values()} | {metric.relative for metric in METRICS.values()} - {""}
    assert all(columns <= row.keys() for row in rows)


@pytest.mark.usefixtures("renderer")
def test_killed_and_started_again_it_does_the_rest_and_finds_the_same(toys, tmp_path, monkeypatch):
    whole = measured(bench(toys, tmp_path / "whole", 1))
    begun = bench(toys, tmp_path / "begun", 1)
    begun.prepare()
    seen, judge = [], Judging.seen

    def dies(self, images):
        if len(seen) == 5:  # the truths were first
            raise KeyboardInterrupt
        seen.append(self.subject.number)
        return judge(self, images)

    monkeypatch.setattr(Judging, "seen", dies)
    with pytest.raises(KeyboardInterrupt):
        list(begun.measure())
    finished = list((tmp_path / "begun" / "measured").rglob("*.json"))
    assert len(finished) == 4
    stamps = {path: path.stat().st_mtime_ns for path in finished}
    monkeypatch.setattr(Judging, "seen", judge)
    assert json.dumps(measured(bench(toys, tmp_path / "begun", 1))) == json.dumps(whole)
    assert stamps == {path: path.stat().st_mtime_ns for path in finished}


@pytest.mark.usefixtures("renderer")
def test_more_portraits_may_follow_but_no_other_settings(toys, tmp_path):
    first = measured(bench(toys, tmp_path, 1))
    both = measured(bench(toys, tmp_path, 2))
    assert json.dumps(both[: len(first)]) == json.dumps(first)
    with pytest.raises(RunConflict, match="other settings"):
        bench(toys, tmp_path, 2, steps=["toy_square"]).prepare()


@pytest.mark.usefixtures("renderer")
def test_a_method_that_changes_nothing_leaks_nothing_and_reaches_little(toys, tmp_path):
    given = bench(toys, tmp_path / "out", 1)
    given.prepare()
    foreign(given, tmp_path / "mine")
    rows = measured(bench(toys, tmp_path / "out", 1, {"mine": tmp_path / "mine"}))
    own = [row for row in rows if row["method"] == "mine"]
    assert own
    assert all(row["leakage"] == row["moved_classes"] == row["improves"] == 0 for row in own)
    assert all(abs(row["gain"]) < 1e-9 for row in own)


@pytest.mark.usefixtures("renderer")
def test_a_missing_image_is_one_sentence_before_anything_is_measured(toys, tmp_path, monkeypatch):
    given = bench(toys, tmp_path / "out", 1)
    given.prepare()
    foreign(given, tmp_path / "mine")
    gone = image_of(tmp_path / "mine", "000", "Bp_max")
    gone.unlink()
    monkeypatch.setattr(benchmark, "judged", None)
    with pytest.raises(
        BadInput, match=rf"^The method mine lacks 1 of \d+ images, the first one is {gone}: [^.]+\.csv\.$"
    ):
        measured(bench(toys, tmp_path / "out", 1, {"mine": tmp_path / "mine"}))


@pytest.mark.usefixtures("renderer")
def test_an_image_of_another_size_is_named(toys, tmp_path):
    given = bench(toys, tmp_path / "out", 1)
    given.prepare()
    foreign(given, tmp_path / "mine")
    odd = image_of(tmp_path / "mine", "000", "Bp_max")
    write_image(odd, np.zeros((32, 48, 3), np.uint8))
    with pytest.raises(BadInput, match=f"^{odd} is 48 x 32 pixels: make it as large as the portraits, 64 x 64.$"):
        measured(bench(toys, tmp_path / "out", 1, {"mine": tmp_path / "mine"}))


@pytest.mark.parametrize("text", ["mine", "=folder", "mine=", f"{OURS}=folder", f"{WITHOUT}gfp_gan=folder"])
def test_methods_need_a_name_of_their_own_and_a_folder(text):
    with pytest.raises(BadInput):
        others([text])


@pytest.mark.usefixtures("renderer")
def test_the_command_exports_then_writes_report_and_json(toys, monkeypatch, tmp_path, capsys):
    toy_config()
    config, out = tmp_path / "toy.yaml", tmp_path / "out"
    config.write_text("steps: [toy_square]\nprojection: {n_iter: 0}\nbatch: 3\n")
    monkeypatch.setattr("pipeline.models.Models", lambda *_: toys)
    arguments = ["edits", "--portraits", "2", "--config", str(config), "--output-dir", str(out)]
    assert cli.main([*arguments, "--export"]) == 0
    assert (out / "targets.csv").is_file()
    assert not (out / "measured").exists()
    foreign(bench(toys, out), tmp_path / "mine")
    assert cli.main([*arguments, "--method", f"mine={tmp_path / 'mine'}"]) == 0
    results = json.loads((out / "results.json").read_text())
    assert list(results) == ["benchmark", "methods", "differences"]
    assert results["benchmark"]["portraits"] == 2
    assert {
        "models",
        "weights",
        "size",
        "config",
        "edits",
        "first_seed",
        "reference",
        "interval",
        "versions",
    } <= results["benchmark"].keys()
    assert list(results["methods"]) == [*TITLES, f"{WITHOUT}toy_square", "mine"]
    for method in results["methods"].values():
        assert list(method["figures"]) == list(METRICS)
        assert all(list(each) == ["mean", "low", "high"] for each in method["figures"].values())
    assert set(results["differences"]) == set(results["methods"]) - {OURS}
    assert results["differences"]["mine"]["all"]["leakage"]["mean"] <= 0
    text = (out / "edits.md").read_text()
    assert "2 held-out portraits" in text
    assert "mine" in text
    for name in ("methods.png", "by_edit.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    with (out / "rows.csv").open() as file:
        assert len(list(csv.DictReader(file))) == results["benchmark"]["edits"] * len(results["methods"])
    assert "results.json" in capsys.readouterr().out.replace("\n", "")
