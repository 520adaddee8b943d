"""Whitening, spans and the algebra of conditioning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from projection.directions.candidates import Kind, conditioned_normal, make_task
from projection.directions.examples import Examples
from projection.directions.linear import METHODS, fit, span
from projection.directions.whitening import Whitening

RNG = np.random.default_rng(0)
MIXING = RNG.standard_normal((6, 8)).astype(np.float32) * np.geomspace(4, 0.5, 6, dtype=np.float32)[:, None]
SAMPLES = (RNG.standard_normal((4000, 6)) @ MIXING + 1).astype(np.float32)
WHITENING = Whitening.of(SAMPLES)


def test_whitened_samples_have_unit_variance_and_unused_axes_are_left_out() -> None:
    white = WHITENING.white(SAMPLES)
    assert white.shape == (4000, 6)
    assert np.abs(white.mean(0)).max() < 0.01
    assert 0.05 < white.var(0).min() < 0.5  # a thin axis, shrunk towards the mean
    assert white.var(0).max() < 1.1


@given(arrays(np.float32, (3, 6), elements=st.floats(-3, 3, width=32)))
def test_offsets_undo_whitening(white: np.ndarray) -> None:
    np.testing.assert_allclose(WHITENING.white(WHITENING.mean + WHITENING.offset(white)), white, atol=1e-3)


@pytest.mark.parametrize("covariance", [True, False])
@pytest.mark.parametrize("space", ["W", "W+"])
def test_a_conditioned_direction_moves_no_other_score(covariance: bool, space: str) -> None:
    latents = SAMPLES[:120].reshape(40, 3, 8)
    others = RNG.standard_normal((2, 6)).astype(np.float32)
    examples = Examples(latents, np.repeat(np.float32([0, 1]), 20), {"one": RNG.standard_normal(40)})
    task = make_task(space, examples, others, WHITENING, {})
    normal = fit("ridge", task.features, task.target, True)
    kept, move = conditioned_normal(normal, task, Kind("ridge", space, covariance, True))
    known = np.tile(others, 1 if space == "W" else 3)
    assert np.abs(known @ move).max() < 1e-4 * np.linalg.norm(known) * np.linalg.norm(move)
    assert kept @ move > 0


def test_probabilities_span_one_dimension_less() -> None:
    rows = RNG.standard_normal((2, 6))
    basis = span(np.concatenate([rows, -rows.sum(0, keepdims=True)]).astype(np.float32))
    assert basis.shape == (2, 6)
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("binary", [True, False])
def test_every_method_finds_the_axis(method: str, binary: bool) -> None:
    if method == "logistic" and not binary:
        return
    features = RNG.standard_normal((600, 5)).astype(np.float32)
    target = features[:, 2] + 0.1 * features[:, 0]
    normal = fit(method, features, (target > 0.3).astype(np.float32) if binary else target, binary)
    assert normal[2] / np.linalg.norm(normal) > 0.95
