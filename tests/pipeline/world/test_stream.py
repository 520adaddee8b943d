"""Random numbers of people: few are traits, many are noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.world.stream import FEW, Stream


def stream(traits: list[float]) -> Stream:
    return Stream(traits, np.random.default_rng(3))


def test_few_numbers_are_traits_and_many_are_noise() -> None:
    drawn = stream([0.25, 0.5, 0.75])
    assert drawn.random() == 0.25
    assert len(np.unique(drawn.random(FEW + 1))) == FEW + 1
    assert drawn.uniform((0, 10), (2, 20)).tolist() == [1.0, 17.5]
    assert drawn.random() == stream([]).random(FEW + 2)[-1]


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_every_draw_grows_with_its_trait(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for draw in (
        lambda r: r.uniform(-3, 5),
        lambda r: r.normal(2, 0.5),
        lambda r: r.integers(2, 9),
        lambda r: r.choice([1, 2, 3], p=[0.2, 0.5, 0.3]),
    ):
        assert draw(stream([low])) <= draw(stream([high]))


def test_draws_have_the_distributions_they_are_named_after() -> None:
    r = np.random.default_rng(0)
    normal = [stream([u]).normal(2, 0.5) for u in r.random(4000)]
    assert np.mean(normal) == pytest.approx(2, abs=0.03)
    assert np.std(normal) == pytest.approx(0.5, abs=0.03)
    whole = [stream([u]).integers(5) for u in r.random(4000)]
    assert np.bincount(whole, minlength=5) / 4000 == pytest.approx(np.full(5, 0.2), abs=0.03)
    picked = [stream([u]).choice("ab", p=[0.8, 0.2]) for u in r.random(4000)]
    assert picked.count("a") / 4000 == pytest.approx(0.8, abs=0.03)
