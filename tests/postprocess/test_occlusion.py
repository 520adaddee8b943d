"""Masks of an aligned face, against their formulas written out."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from postprocess.occlusion import box_mask, crop_mask, occlusion_mask

PADDINGS = st.tuples(*[st.floats(0, 100)] * 4)


@given(st.integers(64, 128), st.floats(0.3, 1), PADDINGS)
def test_a_box_mask_is_a_weight_that_fades_to_the_border(size, blur, padding):
    mask = box_mask(size, blur, padding)
    assert mask.shape == (size, size)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() <= 0.15


@given(st.integers(16, 96), PADDINGS)
def test_without_blur_the_padding_is_held_back_exactly(size, padding):
    mask = box_mask(size, 0, padding)
    top, right, bottom, left = (max(1, int(size * part / 100)) for part in padding)
    inside = np.zeros((size, size), bool)
    inside[top : size - bottom, left : size - right] = True
    assert np.array_equal(mask == 1, inside)
    assert np.array_equal(mask == 0, ~inside)


def test_the_box_mask_of_the_defaults_is_the_published_one():
    expected = np.zeros((512, 512), np.float32)
    expected[38:-38, 38:-38] = 1
    expected = cv2.GaussianBlur(expected, (0, 0), 19.0)
    assert np.allclose(box_mask(512), expected, atol=1e-6)
    assert box_mask(512)[256, 256] == pytest.approx(1)
    assert box_mask(512)[0, 256] == pytest.approx(0.0455, abs=0.005)


def test_more_padding_never_shows_more():
    little, much = box_mask(64, 0.3, (0, 0, 0, 0)), box_mask(64, 0.3, (40, 10, 30, 20))
    assert (much <= little + 1e-6).all()
    assert much.sum() < little.sum()


@given(hnp.arrays(np.float32, (24, 24), elements=st.floats(-1, 2, width=32)), st.integers(24, 64))
def test_an_occlusion_mask_is_the_surer_half_stretched(said, size):
    mask = occlusion_mask(said, size)
    blurred = cv2.GaussianBlur(cv2.resize(np.clip(said, 0, 1), (size, size)), (0, 0), 5)
    assert mask.shape == (size, size)
    assert np.allclose(mask, (np.clip(blurred, 0.5, 1) - 0.5) * 2, atol=1e-5)
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_what_is_surely_face_is_shown_and_what_surely_is_not_is_held_back():
    assert occlusion_mask(np.ones((8, 8), np.float32), 32).min() == pytest.approx(1)
    assert occlusion_mask(np.full((8, 8), 0.5, np.float32), 32).max() == 0


@given(hnp.arrays(np.float32, (3, 8, 8), elements=st.floats(0, 1, width=32)))
def test_masks_together_show_what_all_of_them_show(masks):
    assert np.array_equal(crop_mask(list(masks)), masks.min(0))
