"""Intervals: known cases, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.quality.bootstrap import Estimate, ratio

NUMBERS = st.lists(st.floats(-100, 100, allow_nan=False), min_size=2, max_size=12)


@settings(max_examples=30, deadline=None)
@given(NUMBERS)
def test_the_interval_holds_the_mean_and_lies_within_the_numbers(values):
    found = ratio(values, np.ones(len(values)), 999)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert min(values) - 1e-9 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= max(values) + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.floats(-100, 100, allow_nan=False), st.lists(st.integers(1, 30), min_size=2, max_size=12))
def test_a_constant_has_an_interval_of_no_width(value, counts):
    found = ratio(value * np.array(counts), counts, 999)
    assert found.low == pytest.approx(value, abs=1e-9)
    assert found.high == pytest.approx(value, abs=1e-9)


def test_of_many_normal_numbers_it_is_that_of_the_text_books():
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = ratio(values, np.ones(400))
    half = 1.96 * values.std(ddof=1) / 20
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_more_edits_of_the_same_portraits_say_no_more():
    values = np.random.default_rng(2).normal(size=10)
    few, many = ratio(values, np.ones(10)), ratio(25 * values, np.full(10, 25))
    assert (few.mean, few.low, few.high) == pytest.approx((many.mean, many.low, many.high))


def test_it_is_the_same_every_time():
    values = np.random.default_rng(3).normal(size=8)
    assert ratio(values, np.ones(8)) == ratio(values, np.ones(8))


def test_portraits_without_a_number_are_left_out():
    assert ratio([1, 3, 0], [1, 1, 0]) == ratio([1, 3], [1, 1])
    assert np.isnan(ratio([], []).mean)
    alone = ratio([3], [2])
    assert alone.mean == 1.5
    assert np.isnan(alone.low)
    assert alone.sign == 0


def test_the_sign_is_that_of_an_interval_without_0():
    signs = [Estimate(mean, low, high).sign for mean, low, high in [(2, 1, 3), (-2, -3, -1), (1, -1, 3), (0, 0, 0)]]
    assert signs == [1, -1, 0, 0]
