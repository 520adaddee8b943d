"""Progress towards the target of an edit, and leak."""

import numpy as np
import pytest

from pipeline.core.attributes import attributes, head_slices
from pipeline.edit.targets import leak, progress

OUTPUTS = max(place.stop for place in head_slices().values())


def test_progress_is_1_at_the_target() -> None:
    place = head_slices()
    scores = np.zeros((1, OUTPUTS), np.float32)
    scores[0, place["Bp"]] = -0.9
    assert progress("Bp_min", scores) == pytest.approx(1) and progress("Bp_max", scores) == pytest.approx(-1)
    scores[0, place["Sk"]] = 0.2, 0.6, 0.2  # as far from either end
    for name in ("Sk_1_fr_0", "Sk_1_fr_2"):
        assert progress(name, scores) == pytest.approx(1)
    scores[0, place["Sk"]] = 0, 0, 1
    assert progress("Sk_1_fr_0", scores) == pytest.approx(2) and progress("Sk_1_fr_2", scores) == pytest.approx(0)
    assert progress("Sk_2", scores)[0] > 1 > progress("Sk_0", scores)[0]


def test_leak_is_that_of_the_other_attributes() -> None:
    before = np.zeros((OUTPUTS,), np.float32)
    after = before.copy()
    after[head_slices()["Bp"]] = 1
    assert leak("Bp_max", before, after[None]) == pytest.approx(0)
    assert leak("Ch_max", before, after[None]) == pytest.approx(1 / (len(attributes()) - 1))
