"""The benchmark on toy models, from portraits to report."""

import csv

import numpy as np
import pytest

from apps.bench import cli
from pipeline.config import load_config
from pipeline.core.attributes import canonical
from pipeline.core.challenge import parse_name
from pipeline.core.types import Edit, Portrait
from pipeline.edit.render import open_steps
from pipeline.models import Models
from pipeline.quality.edits import RAW, Bench, frames_by_stage, grouped, measure, open_bench
from pipeline.quality.portraits import Subject, challenge_name, population_limits, subjects
from pipeline.world.latents import latents
from pipeline.world.person import counterfactual, draw
from projection.generator import LatentGenerator
from tests.support.photos import rendered
from tests.support.toy_models import N_STYLE, SPACE, ToyModels, ToyNet, ToyPredictor
from tests.support.toy_run import toy_config


class Net(ToyNet):
    """Takes W as well as W+."""

    def forward(self, latents, ratio=1.0, target_res=None):
        if latents.ndim == 2:
            latents = latents[:, None].expand(-1, N_STYLE, -1)
        return super().forward(latents, ratio, target_res)


class MeanColour:
    """Stands for the identity, the depth and the parsing net."""

    def embed(self, images):
        means = np.stack([np.asarray(image, np.float32).mean((0, 1)) + 1 for image in images])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def inverse_depth(self, images):
        return np.stack([np.asarray(image, np.float32).mean(2) for image in images])

    def labels(self, images):
        return np.zeros((len(images), *images[0].shape[:2]), np.uint8)


@pytest.fixture
def renderer() -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> ToyModels:
    """With fewer axes than a person has numbers."""
    for module in ("edits", "net_evaluation"):
        monkeypatch.setattr(f"pipeline.quality.{module}.latents", lambda people, dim: latents(people, 999)[:, :dim] / 3)
    made = ToyModels()
    made.generator = LatentGenerator(Net(), "cpu", SPACE)
    made.judge = ToyPredictor()
    made.identity = made.depth = made.parser = MeanColour()
    return made


def rows(models, **settings):
    bench = open_bench(models, toy_config(**settings))
    return bench, [row for found in measure(bench, 2) for row in found]


@pytest.mark.usefixtures("renderer")
def test_rows_hold_every_figure_of_every_edit(models):
    bench, found = rows(models)
    assert {row["portrait"] for row in found} == {"0", "1"}
    for row in found:
        for stage in bench.stages:
            assert row[f"leakage_{stage}"] >= 0
            assert row[f"gain_{stage}"] <= 1 or np.isnan(row[f"gain_{stage}"])
        for source in ("generator", "direction", "inversion", "blending"):
            assert row[f"error_{source}"] > 0
        assert row["identity_raw"] >= -1e-6
        assert {row["success_raw"], row["nearer"]} <= {0.0, 1.0}
    present = {row["portrait"]: parse_name(row["name"]) for row in found}
    for portrait, classes in present.items():
        edits = {row["edit"] for row in found if row["portrait"] == portrait}
        assert (f"B_{1 - classes['B']}" in edits) == (classes["Hc"] != 4)
        assert f"B_{classes['B']}" not in edits


@pytest.mark.usefixtures("renderer")
def test_without_steps_raw_is_final_and_blending_costs_nothing(models):
    bench, found = rows(models, steps=[])
    assert bench.stages == [RAW]
    assert all(row["error_blending"] == 60 or np.isnan(row["error_blending"]) for row in found)
    assert all(row["nearer"] == 0 for row in found)


@pytest.mark.usefixtures("renderer")
def test_counterfactual_people_are_those_of_the_pictures():
    from pipeline.world.render import render

    (subject,) = subjects(1, 32)
    names = ["Bp_max", "A_0", "bald"]
    people, pictures = subject.counterfactuals(names)
    for name, person, picture in zip(names, people, pictures, strict=True):
        assert person == counterfactual(subject.person, **canonical(name))
        assert np.array_equal(picture, render(person, 32).rgb)
        assert not np.array_equal(picture, subject.image)


def test_edits_of_hair_give_a_bald_person_hair():
    bald = next(person for person in map(draw, range(99)) if person.bald)
    subject = Subject(0, "", bald, np.zeros((32, 32, 3), np.uint8))
    assert subject.translation("Hs_1") == "Hs_1_fr_2"
    assert all(subject.shows(name) for name in ("Hs_0", "Hs_1", "Hc_2"))
    assert not any(subject.shows(name) for name in ("Hc_4", "bald", "B_1"))


@pytest.mark.usefixtures("renderer")
def test_subjects_are_always_the_same_and_named_by_what_they_show():
    first, again = list(subjects(2, 32)), list(subjects(1, 32, first=1))
    assert np.array_equal(first[1].image, again[0].image)
    assert first[1].name == again[0].name
    assert not np.array_equal(first[0].image, first[1].image)
    assert parse_name(first[0].name)


def test_bald_subjects_have_no_hair_style():
    classes = dict.fromkeys(("Sk", "A", "Se", "B", "D", "Hs"), 1)
    assert challenge_name({**classes, "Hc": 4}) == "1_1_1_0_0_1_4_1_2"
    assert challenge_name({**classes, "Hc": 1}) == "1_1_1_0_0_1_1_1_1"


def test_limits_are_the_populations_tails():
    for low, high in population_limits().values():
        assert -0.75 < low < -0.55
        assert 0.55 < high < 0.75


def test_grouped():
    assert list(grouped(range(5), 2)) == [[0, 1], [2, 3], [4]]


@pytest.fixture
def command(models, monkeypatch, tmp_path):
    toy_config()
    config = tmp_path / "toy.yaml"
    config.write_text("steps: [toy_square]\nprojection: {n_iter: 0}\nbatch: 3\n")
    monkeypatch.setattr("pipeline.models.Models", lambda *_: models)
    return lambda *arguments: cli.main([*arguments, "--config", str(config), "--output-dir", str(tmp_path / "out")])


@pytest.mark.usefixtures("renderer")
def test_the_quality_command_writes_its_report(command, tmp_path, capsys):
    assert command("quality", "--portraits", "2") == 0
    text = (tmp_path / "out" / "quality.md").read_text()
    assert "2 held-out portraits" in text
    assert "MISS" in text
    assert "toy_square" in text
    assert "Thresholds" in capsys.readouterr().out
    with (tmp_path / "out" / "rows.csv").open() as file:
        assert len(list(csv.DictReader(file))) >= 10
    assert (tmp_path / "out" / "leakage.png").exists()


def test_the_raw_picture_of_a_drawn_edit_is_a_rendering(demo_models: Models) -> None:
    image = rendered(1, 256)[0]
    portrait = Portrait("p", image, demo_models.encoder.encode([image])[0], demo_models.space)
    moves = [demo_models.translations[name] for name in ("Hs_1", "Bp_max")]
    edits = [Edit(move.name, ((move, 1.0),)) for move in moves]
    bench = Bench(
        demo_models, load_config(None, []), open_steps(load_config(None, []).step_settings(), demo_models), {}
    )
    found = frames_by_stage(bench, portrait, edits)
    assert portrait.latent is not None
    expected = demo_models.generator.render(np.stack([portrait.latent + edit.displacement() for edit in edits]))
    for raw, seen, final in zip(found[RAW], expected, found[bench.stages[-1]], strict=True):
        assert np.abs(raw.astype(int) - seen).max() <= 1
        assert (raw != final).any()
