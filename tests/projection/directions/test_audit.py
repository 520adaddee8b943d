"""Audit of translations: which of a set broken on purpose are found, and how many are repaired."""

import numpy as np
import pytest

from pipeline.core.types import Translation
from pipeline.models import Models
from projection.attributes.scoring import Samples, Scorer
from projection.directions.audit import Auditor, Figures, W, cosine, flags
from projection.directions.extract import extract
from projection.directions.improve import improve
from projection.directions.settings import DirectionSettings
from tests.projection.directions.broken import BROKEN, broken
from tests.support.linear_world import ToyGenerator, ToyPredictor

FIT = Figures(8, 0.9, 0.8, {"A": 0.1, "Se": 0.04}, 0.1, 1.0)


def figures(
    success: float = 0.9, gain: float = 0.8, age: float = 0.1, sex: float = 0.04, portraits: int = 8
) -> Figures:
    return Figures(portraits, success, gain, {"A": age, "Se": sex}, 0.1, 1.0)


def test_sound_figures_have_no_flag() -> None:
    assert flags(FIT, FIT, 1.0, 1.0) == ()
    assert flags(figures(success=0.8, gain=0.65, age=0.15), FIT, 0.6, 1.0) == ()
    assert flags(figures(gain=-1, portraits=2), FIT, -1.0, 0.5) == ()  # two portraits say nothing


@pytest.mark.parametrize(
    ("own", "alignment", "moving", "words"),
    [
        (figures(success=0, gain=-0.3), -0.9, 1.0, "wrong sign"),
        (figures(success=0, gain=0.02), 0.1, 1.0, "hardly"),
        (figures(success=0.3, gain=0.4), 0.9, 1.0, "too weak: 50%"),
        (figures(), 0.9, 0.5, "50% of the layers"),
        (figures(success=0.1, gain=0.2), 0.1, 1.0, "another direction"),
        (figures(success=0.5, gain=0.7), 0.9, 1.0, "50% reach the target, 90%"),
        (figures(sex=0.5), 0.6, 1.0, "moves sex too"),
        (figures(age=0.25, sex=0.15), 0.8, 1.0, "other attributes"),
    ],
)
def test_each_defect_is_named(own: Figures, alignment: float, moving: float, words: str) -> None:
    found = flags(own, FIT, alignment, moving)
    assert any(words in flag for flag in found), found


def test_without_a_fit_only_the_gain_counts() -> None:
    assert "wrong sign" in flags(figures(gain=-0.2), None, float("nan"), 1.0)[0]
    assert "hardly" in flags(figures(gain=0.05), None, float("nan"), 1.0)[0]
    assert flags(figures(), None, float("nan"), 1.0) == ()


def test_distance_from_the_population_is_that_of_the_farthest_layer() -> None:
    latents = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32) * np.float32([1, 2, 3])
    w = W(latents)
    point = np.zeros((1, 2, 3), np.float32)
    point[0, 1] = [0, 4, 0]
    assert w.distance(point + w.mean) == pytest.approx([2], rel=0.2)


def test_cosine_of_nothing_is_0() -> None:
    assert cosine(np.zeros(3, np.float32), np.ones(3, np.float32)) == 0
    assert cosine(np.ones(3, np.float32), 2 * np.ones(3, np.float32)) == pytest.approx(1)


def sampled(models: Models, count: int, net: str) -> tuple[Scorer, Samples]:
    scorer = Scorer(models.generator, getattr(models, net), models.predictor.input_size, 32)
    return scorer, scorer.sample(count, 20_000)


def successes(auditor: Auditor, translations: dict[str, Translation]) -> dict[str, float]:
    return {each.name: each.figures.success for each in auditor.audit(translations)}


def test_the_broken_of_a_linear_world_are_found_and_most_repaired() -> None:
    generator = ToyGenerator()
    scorer = Scorer(generator, ToyPredictor(), 128, 64)
    settings = DirectionSettings(n_samples=3000, evaluations=4)
    wanted = sorted({*BROKEN, "Se_1", "A_0", "A_2", "Pn_max", "Bp_min", "D_1", "Hs_1", "Sm_0"})
    sound, _ = extract(generator, ToyPredictor(), settings, wanted)
    names, made = broken(sound)
    pool = scorer.sample(1500, 20_000)
    auditor = Auditor(scorer, pool, 16)
    audited = {each.name: each for each in auditor.audit(made)}
    flagged = {name for name, each in audited.items() if each.flags}
    assert set(BROKEN) <= flagged and len(flagged - set(BROKEN)) <= 2
    assert "wrong sign" in " ".join(audited["Bp_max"].flags)
    reached = [pair[2] for pair in audited["Bp_max"].pictures]
    assert reached == sorted(reached)  # the worst first
    repairs = improve({name: made[name] for name in names}, pool, scorer, settings)
    repaired = {name: repairs[name].translation if name in repairs else made[name] for name in names}
    good, again = successes(auditor, {name: sound[name] for name in names}), successes(auditor, repaired)
    assert sum(again[name] >= good[name] - 0.05 for name in names) >= 7
    assert all(repair.after > repair.before for repair in repairs.values())


@pytest.mark.full
def test_ten_broken_translations_are_found_and_seven_repaired() -> None:
    models = Models("demo", "cpu")
    sound = models.translations
    names, made = broken(sound)
    judging, pool = sampled(models, 2000, "judge")
    auditor = Auditor(judging, pool, 16, models.identity.embed)
    flagged = {each.name for each in auditor.audit(made) if each.flags}
    assert set(BROKEN) <= flagged and len(flagged - set(BROKEN)) <= 2
    steering = Scorer(models.generator, models.predictor, models.predictor.input_size, 32)
    own = Samples(pool.latents, steering(pool.latents))
    settings = DirectionSettings(size=models.predictor.input_size)
    repairs = improve({name: made[name] for name in names}, own, steering, settings)
    repaired = {name: repairs[name].translation if name in repairs else made[name] for name in names}
    good = successes(auditor, {name: sound[name] for name in names})
    again = successes(auditor, repaired)
    assert sum(again[name] >= good[name] - 0.05 for name in names) >= 7
