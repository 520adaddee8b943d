"""Depth of a picture as nets learn it."""

import numpy as np
import pytest

from pipeline.world.portrait import DISTANCE, inverse_depth


def test_inverse_depth_knows_the_relief_and_not_the_distance() -> None:
    depth = np.zeros((8, 8))
    depth[2:6, 2:6] = 9
    depth[4:6, 2:6] = 9 + DISTANCE
    inverse = inverse_depth(depth)
    assert (inverse[depth == 0] == 0).all()
    assert inverse[depth == 9] == pytest.approx(1)
    assert inverse[depth == 9 + DISTANCE] == pytest.approx(0.5)
    assert np.allclose(inverse_depth(np.where(depth > 0, depth + 7, 0)), inverse)
    assert not inverse_depth(np.zeros((4, 4))).any()
