"""Fit and calibration in a world whose true directions are known."""

import json

import numpy as np
import pytest

from pipeline.core.attributes import parse, translation_names
from pipeline.core.challenge import OFFICIAL_NAMES, expected_identifiers, parse_name
from pipeline.core.errors import BadInput
from projection.attributes.scoring import Samples, Scorer, agreement, bystanders, holds, sources
from projection.directions.calibration import Outcome, calibrate, choose, judge, rescale, search
from projection.directions.extract import boundary_direction, extract, fit, forward_regression
from projection.directions.settings import DirectionSettings
from projection.translations import select
from tests.support.linear_world import CURSORS, ToyGenerator, ToyPredictor, cosine

SETTINGS = DirectionSettings(n_samples=3000)

TRUTH = {
    **{f"{code}_{end}": (code, sign) for code in CURSORS for end, sign in (("min", -1), ("max", 1))},
    "Sk_0_fr_1": ("tone", -1),
    "Sk_2_fr_0": ("tone", 1),
    "A_0_fr_2": ("age", -1),
    "A_2_fr_1": ("age", 1),
    "Se_0": ("female", -1),
    "Se_1": ("female", 1),
    "B_1": ("bangs", 1),
    "D_0": ("chin", -1),
    "Hs_1_fr_0": ("curl", 1),
    "Hc_0_fr_2": ("blond", -1),
    "Hc_1_fr_0": ("blond", 1),
    "Hc_3_fr_0": ("grey", 1),
    "Hc_3_fr_1": ("grey", 1),
    "Hc_4": ("bald", 1),
    "Hc_4_fr_2": ("bald", 1),
    "Sm_1": ("smile", 1),
    "Gl_0": ("glasses", -1),
    "Bd_1": ("beard", 1),
}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(ToyGenerator(), ToyPredictor(), 8, 256)


@pytest.fixture(scope="module")
def samples(scorer: Scorer) -> Samples:
    return scorer.sample(3000, 1)


@pytest.fixture(scope="module")
def complete() -> tuple[dict, dict[str, Outcome]]:
    return extract(ToyGenerator(), ToyPredictor(), SETTINGS)


@pytest.mark.parametrize("name", TRUTH)
def test_fit_and_calibration_recover_the_true_direction(name: str, complete: tuple) -> None:
    factor, sign = TRUTH[name]
    path = complete[0][name].path
    assert cosine(path[-1][0], sign * ToyGenerator().truth(factor)) > 0.95
    assert (path == path[:, :1]).all()


@pytest.mark.parametrize(("name", "factor"), [("Bp_max", "Bp"), ("Gl_1", "glasses"), ("A_2", "age"), ("B_1", "bangs")])
def test_the_normal_of_a_boundary_would_not(name: str, factor: str, samples: Samples) -> None:
    from sklearn.svm import LinearSVC

    model = LinearSVC(max_iter=20_000).fit(samples.latents, holds(name, samples.scores))
    truth = ToyGenerator().truth(factor)
    assert cosine(model.coef_[0], truth) < 0.8
    assert cosine(fit(parse(name), samples), truth) > 0.95


def test_a_complete_set_serves_every_official_input(complete: tuple) -> None:
    translations = complete[0]
    assert tuple(translations) == translation_names()
    assert {translation.space for translation in translations.values()} == {"toy"}
    for name in OFFICIAL_NAMES:
        assert tuple(select(parse_name(name), translations)) == expected_identifiers(name)


def test_most_portraits_reach_the_target_and_little_else_moves(complete: tuple) -> None:
    outcomes = complete[1]
    asked = {name: outcome for name, outcome in outcomes.items() if name in TRUTH}
    assert np.mean([outcome.success for outcome in asked.values()]) > 0.85
    for outcome in asked.values():
        assert outcome.portraits == SETTINGS.validation
        assert outcome.success > 0.7
        assert max(outcome.leak.values()) < 0.1
    assert all(outcomes[f"{code}_max"].gain > 0 > outcomes[f"{code}_min"].gain for code in CURSORS)
    json.dumps({name: outcome.as_dict() for name, outcome in outcomes.items()}, allow_nan=False)


def test_same_seed_same_translations() -> None:
    settings = DirectionSettings(n_samples=400, evaluations=2, leak_steps=1)
    first, second = (extract(ToyGenerator(), ToyPredictor(), settings, ["Bp_max", "Hc_1_fr_0"])[0] for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name].path, second[name].path)


def test_leak_is_taken_back(scorer: Scorer, samples: Samples) -> None:
    truth, other = ToyGenerator().truth("Bp"), ToyGenerator().truth("Bn")
    start = Samples(scorer.in_w_plus(samples.latents), samples.scores)
    coefficients = forward_regression(samples)
    name = parse("Bp_max")
    crooked = (truth + other).astype(np.float32)
    kept, _ = calibrate(name, crooked, coefficients, [start], scorer, SETTINGS.model_copy(update={"leak_steps": 0}))
    outcome, path = calibrate(name, crooked, coefficients, [start], scorer, SETTINGS)
    assert kept.leak["Bn"] > 0.4
    assert outcome.leak["Bn"] < 0.02
    assert cosine(path[-1][0], truth) > 0.98


@pytest.mark.parametrize("factor", [0.7, 1.0, 2.5])
def test_strength_does_not_depend_on_the_length_of_the_direction(
    factor: float, scorer: Scorer, samples: Samples
) -> None:
    name = parse("B_1")
    start = choose(name, [Samples(scorer.in_w_plus(samples.latents), samples.scores)], 64)
    path = np.repeat(fit(name, samples)[None, None], 3, axis=1)
    usual, _ = rescale(name, path, start, scorer, 12)
    outcome, scaled = rescale(name, np.float32(factor) * path, start, scorer, 12)
    assert outcome.success >= 0.9
    assert np.linalg.norm(scaled) == pytest.approx(usual.strength * np.linalg.norm(path), rel=0.25)


def test_search_finds_the_smallest_that_is_enough() -> None:
    def measure(strength: float) -> np.ndarray:
        scores = np.zeros((10, 31), np.float32)
        scores[:, 9] = 1 / (1 + np.exp(-20 * (strength - 1.3)))
        return scores

    strength, scores = search(parse("B_1"), measure, 12)
    assert 1.4 < strength < 1.4 * 1.16  # 0.9 is reached at 1.3 + ln(9)/20 = 1.41
    assert agreement(parse("B_1"), scores).min() >= 0.9


def test_search_does_not_run_past_a_middle_class() -> None:
    def measure(strength: float) -> np.ndarray:
        scores = np.zeros((10, 31), np.float32)
        scores[:, 1] = 0.7 * np.exp(-(((strength - 1.2) / 0.3) ** 2))
        return scores

    strength, _ = search(parse("Sk_1_fr_0"), measure, 12)
    assert strength == pytest.approx(1.2, abs=0.15)


def test_a_rare_class_falls_back_on_the_boundary(samples: Samples) -> None:
    bald = np.flatnonzero(holds("Hc_4", samples.scores))[:25]
    few = samples[np.concatenate([bald, np.flatnonzero(~holds("Hc_4", samples.scores))])]
    direction = fit(parse("Hc_4"), few)
    np.testing.assert_array_equal(direction, boundary_direction(parse("Hc_4"), few))
    normal = np.linalg.pinv(np.cov(few.latents, rowvar=False)) @ direction
    truth = ToyGenerator().truth("bald")
    assert cosine(direction, truth) > 0.75
    assert cosine(direction, truth) > cosine(normal, truth) + 0.1


def test_a_class_nobody_has_is_an_error(samples: Samples) -> None:
    with pytest.raises(BadInput, match="samples show Hc_4"):
        fit(parse("Hc_4"), samples[~holds("Hc_4", samples.scores)])


def test_inverted_latents_are_half_of_the_portraits(scorer: Scorer, samples: Samples) -> None:
    plus = Samples(scorer.in_w_plus(samples.latents), samples.scores)
    moved = Samples(plus.latents + 1e-3, plus.scores)
    start = choose(parse("Bp_max"), [plus, moved], 16)
    assert len(start) == 16
    assert sum(any(np.array_equal(w, other) for other in moved.latents) for w in start.latents) == 8
    settings = DirectionSettings(n_samples=400, evaluations=2)
    extract(ToyGenerator(), ToyPredictor(), settings, ["Bp_max"], inverted=moved.latents[:20])
    with pytest.raises(BadInput, match="do not fit"):
        extract(ToyGenerator(), ToyPredictor(), settings, ["Bp_max"], inverted=moved.latents[:, :2])


def test_sources_skip_those_who_cannot_show_it(samples: Samples) -> None:
    bald = holds("Hc_4", samples.scores)
    assert not (sources(parse("B_1"), samples.scores) & bald).any()
    assert (sources(parse("Hs_1_fr_2"), samples.scores) == bald).all()
    assert not (sources(parse("Bd_1"), samples.scores) & holds("Se_1", samples.scores)).any()
    assert "B" not in bystanders(parse("Hc_4")) and "Hs" not in bystanders(parse("Hc_0_fr_4"))
    assert "Bd" not in bystanders(parse("Se_1")) and "Bd" in bystanders(parse("Bp_max"))


def test_no_portraits_to_calibrate_on_leaves_the_length() -> None:
    empty = Samples(np.zeros((0, 3, 40), np.float32), np.zeros((0, 31), np.float32))
    path = np.ones((1, 3, 40), np.float32)
    outcome, same = rescale(parse("B_1"), path, empty, Scorer(ToyGenerator(), ToyPredictor(), 8, 8), 3)
    assert outcome.portraits == 0
    np.testing.assert_array_equal(same, path)


def test_judge_counts() -> None:
    before, after = np.zeros((4, 31), np.float32), np.zeros((4, 31), np.float32)
    after[:3, 9], after[:, 30] = 1, -0.25
    outcome = judge(parse("B_1"), before, after, 1.5)
    assert (outcome.success, outcome.gain, outcome.strength) == (0.75, 0.75, 1.5)
    assert outcome.leak["Ch"] == pytest.approx(0.25)
    assert outcome.leak["Sk"] == 0
