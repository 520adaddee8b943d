"""Strands drawn into flat hair: where they lie, and how strong they are."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.masks import scaled
from postprocess.own_pixels.strands import OCTAVES, directions, octaves, strands

SIDE = 96


def cap() -> np.ndarray:
    hair = np.zeros((SIDE, SIDE), bool)
    hair[8:60, 16:80] = True
    return hair


def stripes(degrees: float) -> np.ndarray:
    """Lightness that changes across stripes of this direction, in degrees from the x axis downwards."""
    y, x = np.mgrid[:SIDE, :SIDE]
    angle = np.deg2rad(degrees)
    return (40 + 20 * np.sin((-x * np.sin(angle) + y * np.cos(angle)) / 1.5)).astype(np.float32)


@given(st.integers(0, 179))
def test_hair_lies_along_its_strands(degrees: int) -> None:
    x, y = directions(cap(), stripes(degrees))
    middle = slice(24, 44), slice(36, 60)
    along = np.abs(x[middle] * np.cos(np.deg2rad(degrees)) + y[middle] * np.sin(np.deg2rad(degrees)))
    assert np.median(along) > 0.95
    assert np.allclose(np.hypot(x, y), 1, atol=1e-4)


def test_flat_hair_lies_away_from_the_crown_and_falls() -> None:
    x, y = directions(cap(), np.full((SIDE, SIDE), 20, np.float32))
    assert x[10, 20] < -0.5
    assert x[10, 76] > 0.5
    assert y[56, 20] > 0.95
    assert y[56, 48] > 0.95


def test_the_outline_of_dark_hair_before_a_bright_wall_is_no_strand() -> None:
    light = np.where(cap(), 20, 80).astype(np.float32)
    even = np.full((SIDE, SIDE), 20, np.float32)
    for before, flat in zip(directions(cap(), light), directions(cap(), even), strict=True):
        np.testing.assert_allclose(before[cap()], flat[cap()], atol=0.02)


def large(part: np.ndarray) -> np.ndarray:
    """Four times as large, so that single hairs are wider than a pixel's share."""
    return np.kron(part, np.ones((4, 4), bool))


def flat() -> np.ndarray:
    return np.full((4 * SIDE, 4 * SIDE), 20, np.float32)


def test_strands_of_each_width_have_mean_0_and_deviation_1_and_are_always_the_same() -> None:
    found = strands(large(cap()), flat(), 0.0)
    assert len(found) == len(OCTAVES)
    for one in found:
        assert one[large(cap())].mean() == pytest.approx(0, abs=1e-3)
        assert one[large(cap())].std() == pytest.approx(1, abs=1e-3)
    assert np.array_equal(found, strands(large(cap()), flat(), 0.0))


def test_small_pictures_have_no_single_hairs() -> None:
    found = strands(cap(), np.full((SIDE, SIDE), 20, np.float32), 0.0)[:, cap()].std(1)
    np.testing.assert_allclose(found, [0, 0, 1, 1, 1, 1], atol=1e-3)


def test_strands_are_longer_than_wide() -> None:
    for one in strands(large(cap()), np.kron(stripes(90), np.ones((4, 4), np.float32)), 0.0)[1:4, 64:208, 96:288]:
        along, across = (np.abs(np.diff(one, axis=axis)).mean() for axis in (0, 1))
        assert across > 2 * along


def test_a_blurred_picture_gets_wide_ones_alone() -> None:
    sharp, soft = (strands(large(cap()), flat(), each)[:, large(cap())].std(1) for each in (0.0, 1.0))
    assert (np.diff(soft / sharp) > 0).all()
    assert soft[0] < 0.01 and 0.48 < soft[-1] < 0.6


@given(st.integers(0, 2**32 - 1))
def test_octaves_add_up_to_what_is_finer_than_the_last(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    coarse = cv2.GaussianBlur(values, (0, 0), scaled(OCTAVES[-1], values.shape))
    np.testing.assert_allclose(sum(octaves(values)), values - coarse, atol=1e-4)
