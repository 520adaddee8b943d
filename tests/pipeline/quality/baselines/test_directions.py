"""Directions of the baselines in a linear world: their algebra, and that they move what they should."""

import numpy as np
import pytest

from pipeline.core.attributes import parse
from pipeline.quality.baselines.discovered import best, by_ganspace
from pipeline.quality.baselines.interfacegan import conditional, conditioned, normal, straight
from pipeline.quality.baselines.store import Baselines
from pipeline.quality.baselines.training import START, Training
from projection.attributes.scoring import agreement, bystanders
from projection.directions.settings import DirectionSettings
from tests.support.linear_world import CURSORS, DIM, ToyGenerator, ToyPredictor
from tests.support.linear_world import NAMES as FACTORS_AND_CURSORS

NAMES = ["Bp_max", "Bn_min", "Se_1", "B_1"]
SETTINGS = DirectionSettings(n_samples=1200)


class World:
    """The nets of a linear world."""

    fingerprint = "linear"

    def __init__(self) -> None:
        self.generator, self.predictor = ToyGenerator(), ToyPredictor()
        self.translations = dict.fromkeys(NAMES)


@pytest.fixture(scope="module")
def training() -> Training:
    return Training.draw(World(), SETTINGS)


def test_normals_have_length_one_and_tell_the_attribute(training):
    for name, vector in straight(training, NAMES).items():
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        along = training.known.latents @ vector
        assert np.corrcoef(along, agreement(parse(name), training.known.scores))[0, 1] > 0.5


def test_a_conditional_normal_is_orthogonal_to_those_of_the_other_attributes(training):
    normals = {name: normal(name, training.known) for name in [*NAMES, "Bp_min", "Ch_max"]}
    found = conditioned("Bp_max", normals)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    for name, vector in normals.items():
        if parse(name).code in bystanders(parse("Bp_max")):
            assert abs(found @ vector) < 1e-4, name
    assert found @ normals["Bp_max"] > 0.3
    alone = {name: normals[name] for name in ("Bp_max", "Bp_min")}  # no bystander
    assert np.allclose(conditioned("Bp_max", alone), normals["Bp_max"])
    assert list(conditional(training, NAMES)) == NAMES


def test_conditioning_on_true_normals_moves_nothing_else():
    generator = ToyGenerator()
    names = [f"{code}_max" for code in CURSORS]
    normals = {name: generator.back[FACTORS_AND_CURSORS.index(parse(name).code)].astype(np.float32) for name in names}
    for name in names:
        factors = conditioned(name, normals) @ generator.back.T
        moved = {code: factors[FACTORS_AND_CURSORS.index(code)] for code in CURSORS}
        own = moved.pop(parse(name).code)
        assert own > 0
        assert max(map(abs, moved.values())) < 1e-3 * own


def test_of_components_the_one_that_moves_the_attribute_is_taken_and_its_sign(training):
    generator = training.scorer.generator
    vectors = [generator.truth(name) / np.linalg.norm(generator.truth(name)) for name in ("age", "Bp", "Bn", "female")]
    found = best(training, ["Bp_max", "Bp_min", "Bn_min", "Se_1"], [each.astype(np.float32) for each in vectors])
    assert found["Bp_max"] @ vectors[1] == pytest.approx(1, abs=1e-4)
    assert found["Bp_min"] @ vectors[1] == pytest.approx(-1, abs=1e-4)
    assert found["Bn_min"] @ vectors[2] == pytest.approx(-1, abs=1e-4)
    assert found["Se_1"] @ vectors[3] == pytest.approx(1, abs=1e-4)


def test_ganspace_takes_principal_components(training):
    covariance = np.cov(training.known.latents, rowvar=False)
    for vector in by_ganspace(training, NAMES).values():
        moved = covariance @ vector
        assert moved @ vector / np.linalg.norm(moved) == pytest.approx(1, abs=1e-3)


def test_one_rule_sets_the_strength_whatever_the_length_of_the_direction(training):
    truth = training.scorer.generator.truth("Bp").astype(np.float32)
    first, outcome = training.calibrated("Bp_max", truth)
    again, _ = training.calibrated("Bp_max", 7 * truth)
    assert np.allclose(first.path, again.path, atol=1e-4)
    assert outcome.success > 0.8
    assert np.ptp(first.path, axis=1).max() == 0  # the same in all styles
    deviation = (training.known.latents @ (truth / np.linalg.norm(truth))).std()
    assert np.linalg.norm(training.two_deviations(truth)) == pytest.approx(START * deviation, rel=1e-4)
    assert len(truth) == DIM


def test_found_once_and_then_read(tmp_path, monkeypatch):
    first = Baselines(tmp_path, World(), SETTINGS).translations("interfacegan")
    assert sorted(first) == sorted(NAMES)
    monkeypatch.setattr(Training, "draw", None)
    again = Baselines(tmp_path, World(), SETTINGS).translations("interfacegan")
    for name in NAMES:
        assert np.array_equal(first[name].path, again[name].path)
