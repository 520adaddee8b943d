"""Parameters: the link to z is exact and invertible, and its population is what the attributes' table promises."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.world.parameters import LAWS, NAMES, Z_DIM, Parameters, sample_z


@given(st.integers(0, 2**31))
def test_z_of_the_parameters_of_z_is_z(seed: int) -> None:
    z = sample_z(3, seed)
    torch.testing.assert_close(Parameters.from_z(z).to_z(like=z), z, atol=1e-4, rtol=0)


@given(st.sampled_from(NAMES), st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_setting_one_parameter_moves_no_other(name: str, quantile: float, seed: int) -> None:
    z = sample_z(2, seed)
    p = Parameters.from_z(z)
    law = LAWS[name]
    low, high = (0.0, 1.0) if law.kind == "switch" else (law.low, law.high)
    changed = p.with_values(**{name: low + quantile * (high - low)})
    back = Parameters.from_z(changed.to_z(like=z)).stack()
    unreachable = law.kind == "normal" and abs(law.high / law.scale) > 2.6
    others = [i for i, other in enumerate(NAMES) if other != name]
    torch.testing.assert_close(back[:, others], p.stack()[:, others], atol=2e-3, rtol=0)
    if not unreachable:
        torch.testing.assert_close(back, changed.stack(), atol=5e-3, rtol=0)


def test_latents_have_unit_mean_square_also_after_a_counterfactual() -> None:
    z = sample_z(64, 5)
    p = Parameters.from_z(z)
    for values in ({"bald": 1.0}, {"age": 0.92}, {"lip_size": 0.9}):
        after = p.with_values(**values).to_z(like=z)
        torch.testing.assert_close(after.square().mean(1), torch.ones(64), atol=1e-3, rtol=0)


def test_population_of_a_cursor() -> None:
    lips = Parameters.from_z(sample_z(20_000, 1)).lip_size.numpy()
    assert np.percentile(lips, [10, 50, 90]) == pytest.approx([-0.64, 0.0, 0.64], abs=0.02)


def test_parameters_are_independent() -> None:
    correlation = np.corrcoef(Parameters.from_z(sample_z(20_000, 2)).stack().numpy().T)
    assert np.abs(correlation - np.eye(len(NAMES))).max() < 0.04


def test_same_seed_same_people() -> None:
    assert torch.equal(sample_z(4, 9), sample_z(4, 9))
    assert not torch.equal(sample_z(4, 9), sample_z(4, 10))
    assert sample_z(4, 9).shape == (4, Z_DIM)
