"""The guided filter: order, range, and what is outside the weight."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from postprocess.guided_filter import guided


@given(arrays(np.float32, (12, 12, 3), elements=st.floats(0, 255, width=32)), st.floats(1, 4), st.floats(1, 60))
def test_guided_filter_stays_in_range_and_keeps_what_is_even(image: np.ndarray, radius: float, level: float) -> None:
    cover = np.ones((12, 12), np.float32)
    filtered = guided(image, cover, radius, level)
    assert filtered.min() >= image.min() - 1 and filtered.max() <= image.max() + 1
    even = np.full_like(image, 77)
    np.testing.assert_allclose(guided(even, cover, radius, level), even, atol=0.01)


def test_hair_beside_the_skin_does_not_darken_it() -> None:
    image = np.full((40, 40, 3), 180, np.float32)
    image[:, 20:] = 10
    skin = np.ones((40, 40), np.float32)
    skin[:, 20:] = 0
    np.testing.assert_allclose(guided(image, skin, 6, 60)[:, :20], 180, atol=0.1)
