import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_dilation, distance_transform_edt

from pipeline.core.types import Frame, Portrait
from postprocess.masks import (
    alpha_from_distance,
    changed_beyond,
    dilate,
    distance_to,
    hold_back,
    mix,
    scaled,
    shift_down,
)
from tests.support.labelled_scene import edit

regions = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))
images = arrays(np.uint8, (6, 5, 3))
weights = arrays(np.float32, (6, 5), elements=st.floats(0, 1, width=32))


@given(regions)
def test_distance_is_euclidean_and_zero_exactly_inside(region: np.ndarray) -> None:
    distance = distance_to(region)
    assert np.array_equal(distance == 0, region)
    if region.any():
        np.testing.assert_allclose(distance, distance_transform_edt(~region), atol=1e-5)
    else:
        assert np.isinf(distance).all()


def test_distance_is_the_same_bits_every_time() -> None:
    """OpenCV alone differs in the last bit with the alignment of its arrays; a resumed run must not."""
    region = np.random.default_rng(0).random((61, 47)) < 0.01
    once = distance_to(region)
    for shift in range(1, 30):
        memory = np.zeros(region.size + 64, np.bool_)
        moved = memory[shift : shift + region.size].reshape(region.shape)
        moved[:] = region
        assert np.array_equal(distance_to(moved), once)
    assert np.array_equal(once, distance_transform_edt(~region).astype(np.float32))


@given(regions, st.floats(0, 50), st.floats(0, 50))
def test_alpha_is_zero_inside_one_far_away_and_falls_with_the_margin(
    region: np.ndarray, one: float, two: float
) -> None:
    narrow, wide = sorted((one, two))
    distance = distance_to(region)
    hard, soft = alpha_from_distance(distance, narrow), alpha_from_distance(distance, wide)
    assert (soft <= hard + 1e-6).all()
    assert (hard[region] == 0).all()
    assert (hard[distance >= max(narrow, 1)] == 1).all()


@given(images, images, weights)
def test_mix_lies_between_its_images_and_keeps_the_ends(
    first: np.ndarray, second: np.ndarray, alpha: np.ndarray
) -> None:
    mixed = mix(first, second, alpha)
    assert (mixed >= np.minimum(first, second)).all()
    assert (mixed <= np.maximum(first, second)).all()
    assert np.array_equal(mix(first, second, np.ones((6, 5), np.float32)), first)
    assert np.array_equal(mix(first, second, np.zeros((6, 5), np.float32)), second)


def test_mix_rounds_to_nearest_even() -> None:
    one, four = np.full((1, 1, 3), 1, np.uint8), np.full((1, 1, 3), 4, np.uint8)
    assert mix(one, four, np.array([[0.5]], np.float32)).ravel().tolist() == [2, 2, 2]


@given(images, images, weights, weights, weights)
def test_holding_back_only_shrinks_the_support_and_keeps_the_portrait_outside_it(
    original: np.ndarray, edited: np.ndarray, support: np.ndarray, first: np.ndarray, second: np.ndarray
) -> None:
    frame = Frame(Portrait("p", original, None, "toy"), edit(), edited, np.ones((6, 5), np.float32))
    for alpha in (support, first, second):
        before, frame = frame, hold_back(frame, alpha)
        assert (frame.support <= before.support).all()
        untouched = frame.support == 0
        assert np.array_equal(frame.image[untouched], original[untouched])


@given(images, images, weights, weights)
def test_holding_back_twice_commutes_up_to_rounding(
    original: np.ndarray, edited: np.ndarray, first: np.ndarray, second: np.ndarray
) -> None:
    frame = Frame(Portrait("p", original, None, "toy"), edit(), edited, np.ones((6, 5), np.float32))
    one = hold_back(hold_back(frame, first), second)
    two = hold_back(hold_back(frame, second), first)
    np.testing.assert_allclose(one.support, two.support, atol=1e-6)
    assert np.abs(one.image.astype(int) - two.image).max(initial=0) <= 2


def test_what_is_changed_beyond_the_support_makes_it_grow_with_room_to_fade() -> None:
    """12 pixels at 512, here 3."""
    original = np.full((128, 128, 3), 90, np.uint8)
    support = np.zeros((128, 128), np.float32)
    support[:20] = 0.5
    frame = Frame(Portrait("p", original, None, "toy"), edit(), original, support)
    changed = original.copy()
    changed[64, 64, 1] += 1
    after = changed_beyond(frame, changed)
    rows, columns = np.ogrid[:128, :128]
    near = np.hypot(rows - 64, columns - 64) <= 3
    assert (after.support[near] == 1).all()
    assert np.array_equal(after.support[~near], support[~near])


@given(regions, st.integers(0, 4))
def test_dilation_grows_by_a_square(region: np.ndarray, radius: int) -> None:
    side = 2 * radius + 1
    assert np.array_equal(dilate(region, radius), binary_dilation(region, np.ones((side, side))))


@given(regions, st.integers(0, 30))
def test_shifting_moves_rows_down(region: np.ndarray, rows: int) -> None:
    moved = shift_down(region, rows)
    assert moved.shape == region.shape
    assert not moved[:rows].any()
    assert np.array_equal(moved[rows:], region[: max(0, len(region) - rows)])


def test_settings_mean_pixels_at_512() -> None:
    assert scaled(42, (512, 512, 3)) == 42
    assert scaled(42, (256, 256)) == 21
    assert scaled(42, (1024, 1024, 3)) == 84
