"""The part "directions": steps of people in W, written with their origin, and told line by line."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.core.attributes import canonical, translation_names
from pipeline.core.progress import Progress
from pipeline.core.types import Translation
from pipeline.core.weights import read_metadata
from pipeline.models import Models
from pipeline.training import directions
from pipeline.training.directions import starts, true_change
from pipeline.training.parts import train_part
from pipeline.world.latents import latents
from pipeline.world.person import counterfactual, draw
from projection.directions import extract
from projection.directions.calibration import Outcome
from projection.directions.settings import DirectionSettings
from projection.translations import load
from tests.support.sample_sets import sample_training

PEOPLE = [draw(seed) for seed in range(60)]


def test_the_change_is_the_mean_of_those_at_the_source() -> None:
    young = [person for person in PEOPLE if person.age < 1 / 3]
    others = [person for person in PEOPLE if person.age >= 1 / 3]
    assert len(young) > 3
    assert len(others) > 3
    old = [counterfactual(person, **canonical("A_2")) for person in young]
    change = true_change("A_2_fr_0", PEOPLE, 256)
    assert change == pytest.approx((latents(old, 256) - latents(young, 256)).mean(0), abs=1e-5)
    assert np.abs(change - true_change("A_2_fr_1", PEOPLE, 256)).max() > 0.1
    assert np.array_equal(true_change("A_2_fr_0", young, 256), change)


def test_a_change_of_one_person_leads_to_their_counterfactual() -> None:
    person = PEOPLE[0]
    wide = counterfactual(person, **canonical("N_max"))
    assert latents([person], 256)[0] + true_change("N_max", [person], 256) == pytest.approx(
        latents([wide], 256)[0], abs=1e-5
    )


def test_only_those_start_whose_change_shows() -> None:
    bald = replace(PEOPLE[0], bald=1.0)
    haired = replace(PEOPLE[0], bald=0.0, grey=0.0, blond=0.1)
    assert starts(bald, "Hs_1_fr_2")
    assert not starts(bald, "Hs_1")
    assert not starts(haired, "Hs_1_fr_2")
    assert starts(haired, "Hc_1_fr_0")
    assert not starts(haired, "Hc_1_fr_2")
    assert not starts(haired, "Hc_0")
    assert starts(haired, "Hc_1")


def test_nobody_at_the_source_is_an_error() -> None:
    with pytest.raises(ValueError, match="None of 1 people can be changed by Hc_0_fr_4"):
        true_change("Hc_0_fr_4", [replace(PEOPLE[0], bald=0.0)], 256)


def test_translations_are_written_with_their_origin_and_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = Models("demo", "cpu")

    def judged(
        true: Mapping[str, Translation], generator: Any, predictor: Any, settings: Any, progress: Progress
    ) -> Any:
        assert settings.size == predictor.input_size == models.predictor.input_size
        assert settings.evaluations == 1
        outcome = Outcome(portraits=4, strength=1.0, success=0.75, agreement=0.9, gain=0.5, leak={"Hc": 0.25})
        return true, dict.fromkeys(true, outcome)

    monkeypatch.setattr(extract, "recalibrate", judged)
    monkeypatch.setattr(directions, "AVERAGED", 1)
    log: list[str] = []
    context = sample_training(tmp_path)
    assert train_part("directions", context, None, log.append) == {}
    target = context.target("translations")
    written = load(target)
    assert set(written) == set(translation_names())
    first = next(person for person in map(draw, range(2000)) if starts(person, "Bp_max"))
    step = written["Bp_max"].path
    assert step.shape == (1, models.set.n_style, models.set.dim)
    assert step[0] == pytest.approx(np.tile(true_change("Bp_max", [first], 256), (models.set.n_style, 1)), abs=1e-2)
    metadata = read_metadata(target)
    assert metadata["what"].startswith("translations, mean true changes of up to 1 studio people each; renderer ")
    assert DirectionSettings.model_validate_json(metadata["settings"]).size == models.predictor.input_size
    assert metadata["models"] == models.fingerprint
    assert log[-1] == f"{target}: {len(translation_names())} translations, mean success 75%"
    assert "Bp_max       success  75%  strength 1.00  leak Hc 0.250" in log
