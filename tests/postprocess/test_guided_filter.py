"""The guided filters: order, range, what is outside the weight, and masks along the edges of a picture."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from postprocess.guided_filter import guided, matte

PART = np.zeros((64, 64), bool)
PART[8:40, 8:56] = True


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


def test_the_matte_ends_with_the_part() -> None:
    image = np.where(PART[:, :, None], np.uint8(80), np.uint8(128)).repeat(3, 2)
    weight = matte(PART, image)
    inner = cv2.erode(PART.astype(np.uint8), np.ones((9, 9))) > 0
    assert weight.min() >= 0 and weight.max() <= 1
    assert weight[inner].min() > 0.9
    assert weight[50:].max() < 0.05
    np.testing.assert_allclose(matte(np.ones_like(PART), image), 1, atol=0.01)


def test_the_matte_follows_the_edge_of_the_picture() -> None:
    hair = PART.repeat(4, 0).repeat(4, 1)
    image = np.full((256, 256, 3), 200, np.uint8)
    image[hair] = 20
    rough = np.roll(hair, 3, axis=0)  # as a parser with a blunt edge sees it
    weight = matte(rough, image)
    blurred = cv2.blur(rough.astype(np.float32), (9, 9))
    assert np.abs(weight - hair).mean() < 0.8 * np.abs(blurred - hair).mean()
