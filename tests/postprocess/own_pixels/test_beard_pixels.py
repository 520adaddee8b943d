"""Beards that are seen, and where."""

import numpy as np
import pytest

from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.beard_pixels import beard_matte, has_beard
from postprocess.own_pixels.beards import chart, grown
from tests.postprocess.own_pixels.test_beards import SIDE, face, picture


def test_a_beard_that_is_there_is_seen_and_a_shadow_is_not(density: np.ndarray) -> None:
    labels = face()
    shaven = picture(labels)
    assert not has_beard(shaven, labels, density)
    bearded = grown(shaven, labels, density, 1.0)
    assert bearded is not None
    assert has_beard(bearded[0], labels, density)
    shaded = np.where(labels[..., None] == CelebAMask.SKIN, shaven * np.linspace(1, 0.75, SIDE)[:, None, None], shaven)
    assert not has_beard(shaded.astype(np.uint8), labels, density)


@pytest.mark.parametrize(("tone", "grain", "beard"), [(1.3, 0.2, True), (1.0, 0.2, True), (0.35, 0.0, False)])
def test_bristles_tell_a_beard_of_any_colour_and_darkness_alone_none(
    density: np.ndarray, tone: float, grain: float, beard: bool
) -> None:
    labels = face()
    found = chart(labels)
    assert found is not None
    chin = np.exp(-4 * found[0] ** 2 - 4 * (found[1] - 0.8) ** 2) * (labels == CelebAMask.SKIN)  # a soft spot
    noise = np.random.default_rng(0).normal(0, grain, labels.shape)
    image = picture(labels) * (1 + chin * (tone * (1 + noise) - 1))[..., None]
    assert has_beard(np.clip(image, 0, 255).astype(np.uint8), labels, density) == beard


def test_no_beard_is_seen_where_there_is_no_chin(density: np.ndarray) -> None:
    assert not has_beard(picture(face()), np.zeros((SIDE, SIDE), np.uint8), density)


def hairy(density: np.ndarray) -> tuple[np.ndarray, np.ndarray, Labels]:
    """A bearded face, how much of it the beard covers, and its classes."""
    labels = face()
    found = grown(picture(labels), labels, density, 1.0)
    assert found is not None
    return *found, labels


def test_a_beard_in_the_colour_of_the_hair_is_told_from_bare_skin(density: np.ndarray) -> None:
    image, cover, labels = hairy(density)
    matte = beard_matte(image, labels, density)
    assert matte[cover > 0.8].mean() > 0.7
    assert matte[(cover == 0) & (labels == CelebAMask.SKIN)].max() < 0.05
    assert not matte[~np.isin(labels, (CelebAMask.SKIN, CelebAMask.NECK))].any()


@pytest.mark.parametrize("hair", [(70, 45, 30), (20, 18, 17), (200, 200, 200)])
@pytest.mark.parametrize("shade", [1.0, 0.85, 0.5, 0.25])
def test_a_bare_chin_has_no_beard_in_any_light(hair: tuple[int, int, int], shade: float, density: np.ndarray) -> None:
    labels = face()
    image = picture(labels)
    image[labels == CelebAMask.HAIR] = hair
    image[70:] = (image[70:] * shade).astype(np.uint8)
    assert not beard_matte(image, labels, density).any()


def test_a_shaded_cheek_is_no_beard(density: np.ndarray) -> None:
    image, _, labels = hairy(density)
    shade = (slice(30, 52), slice(30, 42))
    image[shade] = image[shade] // 2
    assert beard_matte(image, labels, density)[shade].max() < 0.2


def test_hair_in_the_colour_of_the_skin_shows_no_beard(density: np.ndarray) -> None:
    image, _, labels = hairy(density)
    image[labels == CelebAMask.HAIR] = image[30, 60]
    assert not beard_matte(image, labels, density).any()
