import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.colours import to_lab
from postprocess.own_pixels.recolouring import CONTRAST, recoloured, tinted

HAIR = np.zeros((64, 64), bool)
HAIR[8:40, 8:56] = True


def strands(colour: tuple[int, int, int], contrast: int) -> np.ndarray:
    """A grey picture whose hair has stripes of a colour."""
    image = np.full((64, 64, 3), 128, np.uint8)
    stripe = np.where(np.arange(64) % 6 < 3, contrast, -contrast)[None, :, None]
    image[HAIR] = np.clip(np.int16(colour) + np.broadcast_to(stripe, image.shape)[HAIR], 0, 255)
    return image


@given(st.tuples(*[st.integers(40, 215)] * 3), st.integers(0, 20))
def test_without_a_change_the_portrait_stays(colour: tuple[int, int, int], contrast: int) -> None:
    image = strands(colour, contrast)
    seen = cv2.GaussianBlur(image, (0, 0), 2)
    result = recoloured(image, seen, seen, HAIR)
    assert np.abs(result.astype(int) - image).max() <= 1


@pytest.mark.parametrize("wanted", [(30, 28, 26), (205, 180, 110), (170, 170, 168)])
def test_the_mean_is_that_of_the_edit_and_the_strands_stay(wanted: tuple[int, int, int]) -> None:
    image = strands((110, 80, 60), 18)
    seen = cv2.GaussianBlur(image, (0, 0), 3)
    drawn = seen.copy()
    drawn[HAIR] = wanted
    result = recoloured(image, seen, drawn, HAIR)
    inner = cv2.erode(HAIR.astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(result[inner].mean(0) - wanted).max() < 15
    assert np.corrcoef(result[inner].mean(1), image[inner].mean(1))[0, 1] > 0.95


@given(st.integers(0, 2**32 - 1))
def test_a_tint_without_a_change_is_the_portrait(seed: int) -> None:
    random = np.random.default_rng(seed)
    image, seen = random.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    assert np.abs(tinted(image, seen, seen).astype(int) - image).max() <= 1


def test_a_tint_changes_each_pixel_as_the_renderings_do() -> None:
    image = strands((150, 110, 90), 10)
    pale, dark = np.full_like(image, (150, 110, 90)), np.full_like(image, (80, 55, 45))
    dark[:, 32:] = pale[:, 32:]
    result = tinted(image, pale, dark)
    left, right = HAIR & (np.arange(64) < 32), HAIR & (np.arange(64) >= 32)
    assert np.abs(result[left].mean(0) - (80, 55, 45)).max() < 4
    assert np.abs(result[right].astype(int) - image[right]).max() <= 1
    assert np.corrcoef(result[left].mean(1), image[left].mean(1))[0, 1] > 0.95


@pytest.mark.parametrize(("start", "wanted"), [((180, 180, 178), (60, 45, 35)), ((60, 45, 35), (180, 180, 178))])
def test_contrast_is_that_of_the_same_strands_in_other_light(
    start: tuple[int, int, int], wanted: tuple[int, int, int]
) -> None:
    image = strands(start, 12)
    seen = cv2.GaussianBlur(image, (0, 0), 3)
    drawn = seen.copy()
    drawn[HAIR] = wanted
    before, after = (to_lab(each)[12:36, 12:52, 0] for each in (image, recoloured(image, seen, drawn, HAIR)))
    lit = (after.mean() + 16) / (before.mean() + 16)
    assert after.std() / before.std() == pytest.approx(np.clip(lit, *CONTRAST), rel=0.15)
