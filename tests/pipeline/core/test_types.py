"""Translations are piecewise linear paths; arrays handed around cannot be changed by accident."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.types import Edit, Frame, Maps, Portrait, Translation

PATHS = st.integers(1, 4).flatmap(
    lambda count: arrays(np.float32, (count, 3, 2), elements=st.floats(-10, 10, width=32)),
)
STRENGTHS = st.floats(-3, 3)


def _portrait(size: int = 4) -> Portrait:
    return Portrait("p", np.full((size, size, 3), 7, np.uint8), np.zeros((3, 2), np.float32), "here")


@given(PATHS)
def test_displacement_passes_through_zero_and_every_offset(path: np.ndarray) -> None:
    translation = Translation("A_2", "here", path)
    np.testing.assert_array_equal(translation.displacement(0.0), np.zeros((3, 2)))
    for index, offset in enumerate(path):
        np.testing.assert_allclose(translation.displacement((index + 1) / len(path)), offset, atol=1e-4)


@given(PATHS, STRENGTHS)
def test_negative_strength_mirrors(path: np.ndarray, strength: float) -> None:
    translation = Translation("A_2", "here", path)
    np.testing.assert_array_equal(translation.displacement(-strength), -translation.displacement(strength))


@given(PATHS, st.floats(0, 3), st.floats(1e-4, 1e-2))
def test_displacement_has_no_jumps(path: np.ndarray, strength: float, step: float) -> None:
    translation = Translation("A_2", "here", path)
    change = np.abs(translation.displacement(strength + step) - translation.displacement(strength)).max()
    assert change <= len(path) * 20 * step + 1e-4


def test_beyond_one_the_last_segment_goes_on() -> None:
    path = np.zeros((2, 1, 1), np.float32)
    path[0], path[1] = 1, 4
    translation = Translation("bald", "here", path)
    assert [float(translation.displacement(s)[0, 0]) for s in (0.25, 0.5, 0.75, 1, 1.5)] == [0.5, 1, 2.5, 4, 7]


@given(PATHS, STRENGTHS, STRENGTHS)
def test_an_edit_is_the_sum_of_its_moves(path: np.ndarray, one: float, other: float) -> None:
    first, second = Translation("A_2", "here", path), Translation("Bp_max", "here", path[::-1].copy())
    edit = Edit("both", ((first, one), (second, other)))
    np.testing.assert_allclose(
        edit.displacement(), first.displacement(one) + second.displacement(other), atol=1e-3, rtol=1e-5
    )


def test_codes_are_attribute_codes_without_repetition() -> None:
    offset = np.zeros((1, 3, 2), np.float32)
    names = ("Hc_2_fr_1", "bald", "Bp_max")
    edit = Edit("several", tuple((Translation(name, "here", offset), 1.0) for name in names))
    assert edit.codes() == ("Hc", "Bp")


def test_spaces_do_not_mix() -> None:
    offset = np.zeros((1, 3, 2), np.float32)
    with pytest.raises(SpaceMismatch, match="one, other"):
        Edit("x", ((Translation("A_2", "other", offset), 1.0), (Translation("A_1", "one", offset), 1.0)))


def test_arrays_are_read_only_and_the_givers_stay_writable() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    portrait = Portrait("p", image, np.zeros((3, 2), np.float32), "here")
    with pytest.raises(ValueError, match="read-only"):
        portrait.image[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        portrait.latent[0, 0] = 1  # type: ignore[index]
    image[0, 0] = 1


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_a_portrait_refuses_what_is_not_rgb_uint8(image: np.ndarray) -> None:
    with pytest.raises(BadInput, match="RGB uint8"):
        Portrait("p", image, None, "here")


def test_a_translation_refuses_a_flat_array() -> None:
    with pytest.raises(BadInput, match="K, n_style, dim"):
        Translation("A_2", "here", np.zeros((3, 2), np.float32))


def test_a_frame_has_the_portraits_size() -> None:
    edit = Edit("none", ())
    with pytest.raises(BadInput, match="portrait's size"):
        Frame(_portrait(4), edit, np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.float32))
    with pytest.raises(BadInput, match="support"):
        Frame(_portrait(4), edit, np.zeros((4, 4, 3), np.uint8), np.ones((8, 8), np.float32))


def test_maps_compute_once_until_cleared() -> None:
    maps, calls = Maps(), []

    def compute() -> int:
        calls.append(1)
        return len(calls)

    assert [maps.get("depth", compute), maps.get("depth", compute)] == [1, 1]
    maps.clear()
    assert maps.get("depth", compute) == 2
