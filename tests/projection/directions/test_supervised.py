"""Directions from few and from many examples, in a world whose true directions are known, and in the embedded one."""

import json

import numpy as np
import pytest

from pipeline.core.attributes import head_slices, parse
from pipeline.core.errors import BadInput
from pipeline.models import Models
from projection.attributes.scoring import Samples, Scorer, sources, targets
from projection.directions.calibration import judge
from projection.directions.examples import Examples
from projection.directions.settings import LearnSettings
from projection.directions.supervised import Learned, Nets, learn
from tests.support.linear_world import NAMES, ToyGenerator, ToyPredictor, cosine

SETTINGS = LearnSettings(n_samples=1200, batch=400)
NEW = 25
"""A factor of the toy world that its predictor does not know."""


class ToyEncoder:
    """Finds the latents of the toy's images, less well for factors that show less."""

    def encode(self, factors: np.ndarray) -> np.ndarray:
        latents = (factors @ ToyGenerator().mixing.T).astype(np.float32)
        return np.repeat(latents[:, None], 3, axis=1)


NETS = Nets(ToyGenerator(), ToyPredictor(), ToyEncoder())


def factors(count: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 40))


def latents(values: np.ndarray) -> np.ndarray:
    return np.repeat((values @ ToyGenerator().mixing.T).astype(np.float32)[:, None], 3, axis=1)


def twenty_each(column: int, also: int | None = None) -> Examples:
    """20 examples with much of a factor and 20 without, which may differ in another factor too."""
    values = factors(40)
    target = np.repeat([1, 0], 20)
    for each in (column, also):
        if each is not None:
            values[:, each] = np.where(target, 1.2, -0.8) + 0.3 * values[:, each]
    return Examples(latents(values), target.astype(np.float32))


def moved(found: Learned) -> np.ndarray:
    """Change of each factor at strength 1."""
    return found.path[0].mean(0) @ ToyGenerator().back.T


@pytest.fixture(scope="module")
def learned_new() -> Learned:
    return learn(twenty_each(NEW), NETS, SETTINGS)


def test_forty_examples_of_something_new_move_it_all_the_way(learned_new: Learned) -> None:
    change = moved(learned_new)
    assert change[NEW] == pytest.approx(2.0, rel=0.25)
    known = np.abs(change[: len(NAMES)])
    assert known.max() < 0.25
    assert learned_new.recipe["own"] is None
    assert "projection" in learned_new.recipe["conditioning"]
    assert sum(row["chosen"] for row in learned_new.table) == 1
    json.dumps([learned_new.recipe, learned_new.figures, learned_new.table], allow_nan=False)


def test_an_attribute_that_comes_along_stays_only_if_it_is_fixed() -> None:
    age = NAMES.index("age")
    both = twenty_each(NEW, age)
    free = learn(both, NETS, SETTINGS, codes=[])
    kept = learn(both, NETS, SETTINGS, codes=["A"])
    assert moved(free)[age] > 0.6
    assert abs(moved(kept)[age]) < 0.3 * moved(free)[age]
    assert moved(kept)[NEW] > 1.0
    assert kept.figures["leak"]["A"] < 0.5 * free.figures["leak"]["A"]


def test_a_column_of_the_scores_stays_too() -> None:
    values = factors(300)
    mixed = values[:, NEW] + 0.8 * values[:, NEW + 1]
    free = learn(Examples(latents(values), mixed), NETS, SETTINGS)
    kept = learn(Examples(latents(values), mixed, {"other": values[:, NEW + 1]}), NETS, SETTINGS)
    assert moved(free)[NEW + 1] > 0.6
    assert abs(moved(kept)[NEW + 1]) < 0.15
    assert kept.recipe["fixed"][-1] == "other"


def test_the_own_attribute_of_the_examples_is_not_held_fixed() -> None:
    found = learn(twenty_each(NAMES.index("glasses")), NETS, SETTINGS)
    assert found.recipe["own"] == "Gl"
    assert "Gl" not in found.recipe["fixed"] and "Gl" not in found.figures["leak"]
    assert cosine(found.path[0][0], ToyGenerator().truth("glasses")) > 0.9


def test_numbers_move_from_the_lowest_fifth_to_the_highest() -> None:
    values = factors(200)
    found = learn(Examples(latents(values), values[:, NAMES.index("N")]), NETS, SETTINGS, parse("N_max"))
    assert found.figures["score"] == "R2"
    assert moved(found)[NAMES.index("N")] == pytest.approx(2.6, rel=0.2)  # between the means of the two fifths
    assert found.outcome is not None and found.outcome.gain > 1


def test_the_same_seed_gives_the_same_direction(learned_new: Learned) -> None:
    np.testing.assert_array_equal(learn(twenty_each(NEW), NETS, SETTINGS).path, learned_new.path)


def test_without_a_predictor_the_examples_alone_decide() -> None:
    examples = twenty_each(NEW)
    uneven = examples.latents + 0.1 * np.random.default_rng(0).standard_normal((40, 3, 40)).astype(np.float32)
    found = learn(Examples(uneven, examples.target), Nets(ToyGenerator(), None, ToyEncoder()), SETTINGS)
    assert {row["source"] for row in found.table} == {"W", "W+", "encoder"}
    assert found.recipe["fixed"] == [] and found.figures["leak"] == {}
    assert moved(found)[NEW] > 1.0


def test_what_cannot_be_fixed_or_read_is_told() -> None:
    with pytest.raises(BadInput, match="did you mean Gl"):
        learn(twenty_each(NEW), NETS, SETTINGS, codes=["GL"])
    with pytest.raises(BadInput, match="Nothing here predicts"):
        learn(twenty_each(NEW), Nets(ToyGenerator(), None, ToyEncoder()), SETTINGS, codes=["Gl"])
    with pytest.raises(BadInput, match="neither an encoder nor a predictor"):
        learn(twenty_each(NEW), Nets(ToyGenerator()), SETTINGS)


@pytest.fixture(scope="module")
def people(demo_models: Models) -> Samples:
    """People of the embedded generator with the scores of its predictor."""
    return Scorer(demo_models.generator, demo_models.predictor, 64, 32).sample(240, 7)


@pytest.mark.parametrize("name", ["Gl_1", "N_max"])
def test_four_of_five_held_out_people_get_it(name: str, people: Samples, demo_models: Models) -> None:
    parsed, nets = parse(name), Nets(demo_models.generator, demo_models.predictor, demo_models.encoder)
    scorer = Scorer(demo_models.generator, demo_models.judge, 64, 32)
    known, fresh = people[:200], people[200:]
    if name == "N_max":
        rows, target = np.arange(200), known.scores[:, head_slices()["N"].start]
    else:
        having, without = (np.flatnonzero(of(parsed, known.scores))[:20] for of in (targets, sources))
        rows, target = np.r_[having, without], np.repeat(np.float32([1, 0]), [len(having), len(without)])
    settings = LearnSettings(n_samples=200, size=64, validation=6, shown=12, evaluations=3, leak_steps=1, block=7)
    found = learn(Examples(scorer.in_w_plus(known.latents[rows]), target), nets, settings, parsed)
    before = scorer(fresh.latents[:20])
    start = sources(parsed, before)
    after = scorer(scorer.in_w_plus(fresh.latents[:20])[start] + found.path[0])
    assert judge(parsed, before[start], after, 1.0).success >= 0.8
