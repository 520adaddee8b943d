"""How much of a restoration a face takes: nothing where it is sharp, all of it where it is soft or noisy."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from pipeline.core.crop import Crop, corners, cut, template_quad
from pipeline.core.types import Image
from postprocess.sharpness import NOISY, SHARP, restoration_share, sharpness_and_noise
from tests.support.photos import held_out, wall, worn

POINTS = np.array([[203.2, 101.1], [246.4, 103.4], [222.9, 129.5], [201.3, 138.7], [244.5, 140.5]])
"""Centres of the eyes, tip of the nose and corners of the mouth of scikit-image's photograph of an astronaut."""


@pytest.fixture(scope="module")
def portraits() -> Image:
    return np.stack([held_out(number, 512).rgb for number in range(8)])


def resized(image: Image, size: int) -> Image:
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def photographed(share: float) -> Image:
    """The astronaut's aligned face in the photograph at a share of its size, as wide as it is there."""
    photo = cv2.resize(astronaut(), None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    quad = (template_quad(POINTS) + 0.5) * share - 0.5
    return cut(np.asarray(photo, np.uint8), Crop(corners(quad), photo.shape[1], photo.shape[0], round(164 * share)))


@pytest.mark.parametrize("size", [96, 160, 256])
def test_sharp_portraits_are_left_alone_at_any_size(portraits: Image, size: int) -> None:
    assert [restoration_share(resized(each, size)) for each in portraits] == [0] * len(portraits)


@pytest.mark.parametrize("share", [1.0, 0.75, 0.5])
def test_a_sharp_photograph_is_left_alone_however_small(share: float) -> None:
    assert restoration_share(photographed(share)) <= 0.05


@pytest.mark.parametrize("size", [256, 512])
def test_worn_portraits_are_restored(portraits: Image, size: int) -> None:
    """Though they are noisy, and have the blocks of a poor JPEG."""
    shares = [restoration_share(worn(resized(each, size), number)) for number, each in enumerate(portraits)]
    assert min(shares) > 0.6
    assert np.mean(shares) > 0.95


def test_the_share_rises_with_the_blur(portraits: Image) -> None:
    for face in (resized(portraits[0], 256), photographed(1.0)):
        shares = [restoration_share(cv2.GaussianBlur(face, (0, 0), sigma)) for sigma in (0.3, 0.6, 0.9, 1.5)]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0, 1)


def test_noise_is_no_sharpness_but_a_reason_to_restore(portraits: Image) -> None:
    grain = np.random.default_rng(0).normal(0, 1, (256, 256, 1))
    face = resized(portraits[0], 256)
    soft = cv2.GaussianBlur(face, (0, 0), 1.5)
    noisy = [np.clip(np.rint(each + 3 * grain), 0, 255).astype(np.uint8) for each in (face, soft)]
    assert [restoration_share(each) for each in noisy] == [0, 1]
    assert sharpness_and_noise(noisy[0])[0] == pytest.approx(sharpness_and_noise(face)[0], abs=0.05)
    strong = np.clip(np.rint(face + 14 * grain), 0, 255).astype(np.uint8)
    assert sharpness_and_noise(strong)[1] > NOISY
    assert restoration_share(strong) == 1


def test_contrast_is_no_sharpness(portraits: Image) -> None:
    face = resized(portraits[0], 256)
    pale = np.rint(face * 0.5 + 60).astype(np.uint8)
    assert sharpness_and_noise(pale)[0] == pytest.approx(sharpness_and_noise(face)[0], rel=0.1)


def test_rendered_people_are_as_sharp_as_photographs(portraits: Image) -> None:
    found = [sharpness_and_noise(resized(each, 256))[0] for each in portraits]
    assert np.median(found) >= SHARP


@pytest.mark.parametrize("size", [8, 64, 256])
def test_where_there_is_nothing_to_see_nothing_is_held_back(size: int) -> None:
    assert restoration_share(np.full((size, size, 3), 90, np.uint8)) == 1
    assert restoration_share(wall(size, size)) == 1
