"""The hair of a photograph: what counts as hair, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.labels import CelebAMask
from postprocess.own_pixels.hair import (
    hair_colour,
    hair_of,
    is_blond,
    shows_hair,
    told_apart,
)
from postprocess.own_pixels.strands import OCTAVES
from tests.postprocess.own_pixels.test_dyeing import HAIR, SIDE, head, photograph


def test_less_light_falls_on_the_roots_and_the_outline() -> None:
    hair = hair_of(photograph(HAIR["dark"]), head())
    assert hair is not None
    roots, within, outline = (hair.shade[row, 64] for row in (39, 27, 16))
    assert min(roots, outline) > 0.5 > 2 * within > 0


def test_at_its_edge_hair_is_what_has_its_colour_where_brightness_tells_nothing() -> None:
    labels = head()
    red, green = (200, 60, 60), (60, 126, 96)  # as bright as each other
    image = photograph(red, green)
    image[labels == CelebAMask.BACKGROUND] = green
    image[labels == CelebAMask.HAIR] = red
    image[20:100, 105:108:2], image[20:100, 106:108:2] = red, green
    hair = hair_of(image, labels)
    assert hair is not None
    assert hair.weight[30:90, 105].min() > 0.7
    assert hair.weight[30:90, 106].max() < 0.3


def test_hair_is_measured_where_it_is() -> None:
    image = np.full((64, 64, 3), 255, np.uint8)
    labels = np.ones((64, 64), np.uint8)
    labels[:16] = CelebAMask.HAIR
    image[:16] = 0
    assert hair_colour(image, labels) == pytest.approx([0, 0, 0], abs=0.1)
    assert np.isnan(hair_colour(image, np.ones((64, 64), np.uint8))).all()
    assert not is_blond(hair_colour(image, np.ones((64, 64), np.uint8)))


def test_a_hat_is_no_hair() -> None:
    labels = head()
    assert shows_hair(labels)
    labels[labels == CelebAMask.HAIR] = CelebAMask.HAT
    assert not shows_hair(labels)
    assert hair_of(photograph(HAIR["dark"]), labels) is None


def test_patches_of_hair_beside_bare_skin_are_too_little() -> None:
    labels = head()
    labels[60:64, 50:54] = labels[60:64, 74:78] = CelebAMask.LEFT_EYE
    assert shows_hair(labels)
    thin = labels.copy()
    thin[16:112, 24:104][thin[16:112, 24:104] == CelebAMask.HAIR] = CelebAMask.SKIN
    thin[16:40, 24:50] = CelebAMask.HAIR  # one temple alone
    assert not shows_hair(thin)
    thin[16:40, 24:104] = CelebAMask.HAIR  # all of the top
    assert shows_hair(thin)
    thin[0:6, 4:20] = CelebAMask.SKIN  # of a raised hand
    assert shows_hair(thin)


@given(st.integers(0, 60), st.integers(100, 255))
def test_hair_is_told_from_another_colour_alone(dark: int, bright: int) -> None:
    hair = (dark, dark, dark)
    assert told_apart(photograph(hair, (bright, bright, bright)), head())
    assert not told_apart(photograph(hair, hair), head())


def test_strands_are_drawn_for_the_whole_head() -> None:
    hair = hair_of(photograph(HAIR["dark"]), head())
    assert hair is not None
    assert hair.strands.shape == (len(OCTAVES), SIDE, SIDE)
    assert (hair.strands[1:, 18:38, 28:100].std((1, 2)) > 0.3).all()
