"""W is linear in what can be seen of people, in its standard deviations; then zeros."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.world.latents import from_seen, latents
from pipeline.world.person import counterfactual, draw, parameters
from pipeline.world.seen import seen

PEOPLE = [draw(seed) for seed in range(10_000, 10_100)]
LENGTH = len(seen(PEOPLE[0]))


def test_what_is_seen_has_a_mean_of_zero_and_a_deviation_of_one_then_zeros() -> None:
    w = latents(PEOPLE, 256)
    assert w.shape == (len(PEOPLE), 256)
    assert w.dtype == np.float32
    assert np.abs(w[:, :LENGTH].mean(0)).mean() < 0.12
    assert np.abs(w[:, :LENGTH].std(0) - 1).mean() < 0.15
    assert not w[:, LENGTH:].any()


def test_equal_steps_of_a_parameter_are_equal_steps_in_w() -> None:
    person = replace(PEOPLE[0], smile=0.2)
    first, middle, last = latents([counterfactual(person, smile=value) for value in (0.2, 0.5, 0.8)], 256)
    smile = next(i for i, n in enumerate(parameters(replace(person, smile=7.0))) if n == 7)
    assert middle[smile] - first[smile] == pytest.approx(last[smile] - middle[smile], abs=1e-5)
    assert np.count_nonzero(middle != first) == 2  # and the other mood, of which a smile leaves less


def test_the_first_hair_of_a_beard_is_a_step_in_w() -> None:
    man = replace(PEOPLE[0], female=0.0)
    shaved, shadow, short = latents([replace(man, beard=beard) for beard in (0.0, 0.045, 0.055)], 256)
    assert np.abs(short - shadow).max() > 2
    assert np.abs(shadow - shaved).max() < 0.5


def test_an_edit_keeps_light_and_background() -> None:
    person = draw(3)
    before, after = latents([person, counterfactual(person, tone=0.9, yaw=15.0)], 256)
    first = len(parameters(person))
    assert np.array_equal(before[first : first + 67], after[first : first + 67])


def test_too_few_axes_are_refused() -> None:
    numbers = seen(PEOPLE[0])[None]
    assert from_seen(numbers, LENGTH).shape == (1, LENGTH)
    with pytest.raises(ValueError, match=f"W has {LENGTH - 1}"):
        from_seen(numbers, LENGTH - 1)
