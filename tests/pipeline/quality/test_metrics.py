"""The benchmark's figures on arrays whose answers are known."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.quality import metrics

PICTURES = arrays(np.uint8, (12, 12, 3))
LABELS = arrays(np.uint8, (5, 5), elements=st.integers(0, 18))


def flat(value: int, size: int = 32) -> np.ndarray:
    return np.full((size, size, 3), value, np.uint8)


def test_masked_figures_look_at_the_mask_only():
    result = flat(100)
    result[:16] = 160
    upper = np.zeros((32, 32), bool)
    upper[:16] = True
    assert metrics.mean_square(flat(100), result, ~upper) == 0
    assert metrics.mean_square(flat(100), result, upper) == 3600
    assert metrics.leakage(flat(100), result, upper) == 0
    assert metrics.leakage(flat(100), result, ~upper) == 60


def test_region_is_what_changes_by_more_than_three_grown_by_three_pixels():
    original, truth = flat(100, 256), flat(100, 256)
    truth[100, 100, 1] = 104
    truth[200, 200] = 103
    region = metrics.changed_region(original, truth)
    assert region[100, 103]
    assert not region[100, 104]
    assert not region[200, 200]
    assert region[97, 100]


def test_region_margin_scales_with_the_size():
    original, truth = flat(100, 512), flat(100, 512)
    truth[100, 100] = 200
    region = metrics.changed_region(original, truth)
    assert region[100, 106]
    assert not region[100, 107]


def test_gain_is_one_for_the_truth_zero_for_nothing_negative_for_worse():
    original, truth = flat(100), flat(120)
    everywhere = np.ones((32, 32), bool)
    assert metrics.region_gain(original, truth, truth, everywhere) == 1
    assert metrics.region_gain(original, original, truth, everywhere) == 0
    assert metrics.region_gain(original, flat(110), truth, everywhere) == pytest.approx(0.75)
    assert metrics.region_gain(original, flat(80), truth, everywhere) == pytest.approx(-3)
    assert np.isnan(metrics.region_gain(original, truth, original, everywhere))


@given(PICTURES, PICTURES, PICTURES)
def test_gain_is_never_above_one_and_zero_for_doing_nothing(original, result, truth):
    region = metrics.changed_region(original, truth)
    assume(region.any())
    assert metrics.region_gain(original, result, truth, region) <= 1
    assert metrics.region_gain(original, original, truth, region) == 0


@given(PICTURES, PICTURES)
def test_the_truth_itself_leaks_at_most_what_the_region_ignores(original, truth):
    region = metrics.changed_region(original, truth)
    leaked = metrics.leakage(original, truth, region)
    assert np.isnan(leaked) or leaked <= metrics.REGION_THRESHOLD


def test_iou_of_a_known_confusion():
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    guess = np.array([[0, 1, 1, 1]], np.uint8)
    total = metrics.confusion(truth, guess, 3)
    assert total[0, 1] == 1
    iou = metrics.intersection_over_union(total)
    assert iou[:2].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert np.isnan(iou[2])


@given(LABELS, LABELS)
def test_confusion_counts_every_pixel_and_merging_keeps_them(truth, guess):
    total = metrics.confusion(truth, guess, 19)
    assert total.sum() == 25
    assert metrics.merge_classes(total).sum() == 25
    assert np.trace(metrics.merge_classes(total)) >= np.trace(total)


@given(LABELS, LABELS)
def test_merging_a_confusion_is_the_confusion_of_merged_labels(truth, guess):
    from postprocess.labels import merge

    expected = metrics.confusion(merge(truth), merge(guess), 7)
    assert np.array_equal(metrics.merge_classes(metrics.confusion(truth, guess, 19)), expected)


def test_rare_classes_do_not_count():
    total = np.zeros((19, 19), np.int64)
    total[0, 0], total[1, 1], total[2, 0] = 5000, 4999, 1
    figures = metrics.parsing_figures(total)
    assert figures["miou_19"] == pytest.approx((5000 / 5001 + 1) / 2)
    assert "iou_2" not in figures
    assert figures["accuracy"] == pytest.approx(0.9999)


def test_mask_iou():
    left, all_ = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    left[:, :2] = True
    assert metrics.mask_iou(left, all_) == 0.5
    assert metrics.mask_iou(~all_, ~all_) == 1


def test_success_needs_the_class_or_the_percentile():
    prediction = {
        "Hc": np.array([[0.1, 0.6, 0.1, 0.1, 0.1], [0.4, 0.3, 0.1, 0.1, 0.1]]),
        "Bp": np.array([0.7, 0.5]),
    }
    limits = {"Bp": (-0.64, 0.64)}
    assert metrics.succeeded(prediction, "Hc_1", limits).tolist() == [True, False]
    assert metrics.succeeded(prediction, "bald", limits).tolist() == [False, False]
    assert metrics.succeeded(prediction, "Bp_max", limits).tolist() == [True, False]
    assert metrics.succeeded(prediction, "Bp_min", limits).tolist() == [False, False]


def test_moved_leaves_the_edited_attribute_out():
    before = {"Hc": np.array([[1.0, 0]]), "B": np.array([[1.0, 0]]), "D": np.array([[1.0, 0]]), "N": np.array([0.1])}
    after = {"Hc": np.array([[0, 1.0]]), "B": np.array([[0.2, 0.8]]), "D": np.array([[0.9, 0.1]]), "N": np.array([0.4])}
    classes, cursors = metrics.others_moved(before, after, "Hc")
    assert classes.tolist() == [0.5]
    assert cursors.tolist() == pytest.approx([0.3])
