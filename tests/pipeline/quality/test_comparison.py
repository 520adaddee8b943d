"""Differences of methods by pairs of portrait and edit."""

import pytest

from pipeline.quality.comparison import METRICS, SUCCESSES, better, difference, figures


def row(portrait: int, edit: str, success: float, leakage: float = 1.0, truth: float = 1.0) -> dict[str, float | str]:
    found: dict[str, float | str] = {"portrait": f"{portrait:03d}", "edit": edit, "success": success}
    found |= {"leakage": leakage, "success_truth": truth, "identity": 0.1, "moved_classes": 0.0, "moved_cursors": 0.2}
    return found | {"distance": 5.0, "improves": float("nan")}


ROWS = [row(0, "B_1", 1), row(0, "A_2", 0, 3, 0), row(1, "B_1", 1), row(1, "A_2", 1, 5), row(2, "B_1", 0)]


def test_means_are_over_edits_and_shares_of_what_the_truth_reaches():
    found = figures(ROWS)
    assert list(found) == list(METRICS)
    assert found["success"].mean == pytest.approx(3 / 5)
    assert found["relative_success"].mean == pytest.approx(3 / 4)
    assert found["leakage"].mean == pytest.approx(11 / 5)


def test_nothing_differs_from_itself():
    found = difference(ROWS, ROWS)
    assert (found.edits, found.matched_edits) == (5, 3)
    for name in METRICS:
        each = found.all[name]
        assert name == "improves" or each.mean == each.low == each.high == 0


def test_at_matched_success_only_edits_count_that_both_reached():
    others = [row(0, "B_1", 1, 4), row(0, "A_2", 1, 9), row(1, "B_1", 0, 9), row(1, "A_2", 1, 6), row(2, "B_1", 0)]
    found = difference(others, ROWS)
    assert found.matched_edits == 2
    assert found.matched["leakage"].mean == pytest.approx(2)
    assert found.all["leakage"].mean == pytest.approx((3 + 6 + 8 + 1) / 5)
    assert not set(SUCCESSES) & set(found.matched)


def test_edits_that_one_method_lacks_are_left_out():
    assert difference(ROWS[:2], ROWS).edits == 2


def test_less_leakage_and_more_success_are_better():
    worse = [row(number, "B_1", 0, 5 + number) for number in range(6)]
    ours = [row(number, "B_1", 1, 1) for number in range(6)]
    found = difference(worse, ours)
    assert better("leakage", found.all["leakage"]) == better("success", found.all["success"]) == -1
    back = difference(ours, worse)
    assert better("leakage", back.all["leakage"]) == better("success", back.all["success"]) == 1
    assert better("identity", found.all["identity"]) == 0
