"""FID and KID against closed forms."""

import numpy as np
import pytest

from pipeline.training.gan.distances import frechet_distance, kernel_distance


def test_the_frechet_distance_of_normal_distributions() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    white = (x - x.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    moved = white * np.array([1, 2, 3, 0.5]) + np.array([1.0, 0, 0, -2])
    expected = 5 + np.square(np.array([0, 1, 2, -0.5])).sum()  # of the means and of the deviations
    assert frechet_distance(white, moved) == pytest.approx(expected)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_fewer_images_than_features_have_a_distance() -> None:
    x = np.random.default_rng(0).normal(size=(10, 40))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(x, x + 1) == pytest.approx(40)


def test_the_kernel_distance_is_unbiased() -> None:
    rng = np.random.default_rng(0)
    same = [kernel_distance(rng.normal(size=(20, 8)), rng.normal(size=(25, 8))) for _ in range(300)]
    other = kernel_distance(rng.normal(size=(200, 8)), 1 + rng.normal(size=(200, 8)))
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(len(same))
    assert other > 5 * np.std(same)


def test_the_kernel_distance_of_two_points_each_by_hand() -> None:
    x, y = np.array([[1.0], [2.0]]), np.array([[0.0], [3.0]])
    between = np.mean([(a * b + 1) ** 3 for a in (1, 2) for b in (0, 3)])
    assert kernel_distance(x, y) == pytest.approx(3**3 + 1 - 2 * between)
