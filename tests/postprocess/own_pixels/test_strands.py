"""Strands drawn into flat hair: where they lie, and how strong they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.own_pixels.strands import directions, strands

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


@pytest.mark.parametrize("softness", [0.0, 1.0])
def test_strands_have_mean_0_and_deviation_1_and_are_always_the_same(softness: float) -> None:
    flat = np.full((SIDE, SIDE), 20, np.float32)
    found = strands(cap(), flat, softness)
    assert found[cap()].mean() == pytest.approx(0, abs=1e-3)
    assert found[cap()].std() == pytest.approx(1, abs=1e-3)
    assert np.array_equal(found, strands(cap(), flat, softness))


def test_strands_are_longer_than_wide() -> None:
    found = strands(cap(), stripes(90), 0.0)[16:52, 24:72]
    along, across = (np.abs(np.diff(found, axis=axis)).mean() for axis in (0, 1))
    assert across > 3 * along


def test_a_blurred_picture_gets_softer_ones() -> None:
    hair, light = (np.kron(each, np.ones((4, 4))) for each in (cap(), np.full((SIDE, SIDE), 20)))
    sharp, soft = (
        np.abs(np.diff(strands(hair > 0, light.astype(np.float32), each)[64:208, 96:288], axis=1)).mean()
        for each in (0.0, 1.0)
    )
    assert soft < 0.8 * sharp
