"""Strength and styles of a displacement, with measures that are known functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.directions.layers import CLOSE, needed, only, strength


@given(st.floats(0.4, 2.8), st.floats(0.5, 2.0))
def test_the_strength_moves_all_the_way(goal: float, power: float) -> None:
    def measure(path: np.ndarray) -> tuple[float, float]:
        return float((path.max() / goal) ** power), 0.0

    found, movement = strength(measure, np.ones((2, 3), np.float32), 20)
    assert found == pytest.approx(goal, rel=0.15)
    assert abs(movement - 1) <= 2 * CLOSE


def test_out_of_reach_the_nearest_strength_is_taken() -> None:
    found, movement = strength(lambda path: (0.3 * float(path.max()), 0.0), np.ones((2, 3), np.float32), 10)
    assert (found, movement) == (3.0, pytest.approx(0.9))
    found, movement = strength(lambda path: (-float(path.max()), 0.0), np.ones((2, 3), np.float32), 5)
    assert movement <= 0 and np.isfinite(found)


def test_only_the_styles_that_move_it_are_kept() -> None:
    moves, spoils = np.array([0, 0, 0.1, 5, 5, 0.1, 0, 0]), np.array([1, 1, 1, 1, 1, 1, 2, 2])

    def measure(path: np.ndarray) -> tuple[float, float]:
        return float(moves @ path[:, 0]), float(spoils @ path[:, 0])

    path = np.ones((8, 2), np.float32)
    kept, layers = needed(measure, path, 1, 0.9)
    assert (layers.first, layers.last) == (3, 5)
    np.testing.assert_array_equal(kept, only(path, 3, 5))
    assert layers.leak < layers.leak_all and layers.kept > 0.9
    assert needed(measure, path, 1, 1.0)[1].first == 2


def test_styles_whose_loss_leaks_more_stay() -> None:
    def measure(path: np.ndarray) -> tuple[float, float]:
        return 1.0, float(-path.sum())

    assert (needed(measure, np.ones((6, 2), np.float32), 2, 0.9)[0] == 1).all()
