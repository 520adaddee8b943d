"""Pixels of hair: shadows, columns and clothes are none, and a fringe that the parser overlooks is some."""

import numpy as np
import pytest

from pipeline.core.colours import to_lab
from pipeline.core.types import Image
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.hair import hair_of
from postprocess.own_pixels.hair_pixels import parsed_hair, with_fringe, without_shadow, without_spikes
from tests.postprocess.own_pixels.test_dyeing import HAIR, head, photograph


def with_shadow(smooth: bool, dark: bool, both: bool = False) -> tuple[Image, Labels]:
    """A short-haired head whose hair goes on beside one cheek, or both, as a shadow would or as hair."""
    labels = head()
    labels[72:, :40] = labels[72:, 88:] = CelebAMask.BACKGROUND
    labels[60:66, 48:56] = CelebAMask.LEFT_EYE
    labels[60:66, 72:80] = CelebAMask.RIGHT_EYE
    labels[92:96, 56:72] = CelebAMask.UPPER_LIP
    sides = [slice(88, 104), slice(24, 40)][: 1 + both]
    image = photograph(HAIR["fair"])
    image[labels == CelebAMask.BACKGROUND] = 120
    for side in sides:
        labels[72:112, side] = CelebAMask.HAIR
        grain = 0 if smooth else np.random.default_rng(2).normal(0, 30, (40, 16, 1))
        image[72:112, side] = np.clip((20 if dark else 170) + grain, 0, 255)
    return image, labels


def kept(image: Image, labels: Labels) -> float:
    """Share of the hair that is no shadow."""
    hair = labels == CelebAMask.HAIR
    return float(without_shadow(hair, to_lab(image)[..., 0], labels).sum() / hair.sum())


def test_a_smooth_dark_strip_beside_one_cheek_is_a_shadow() -> None:
    assert kept(*with_shadow(smooth=True, dark=True)) < 0.95
    image, labels = with_shadow(smooth=True, dark=True)
    hair = hair_of(image, labels)
    assert hair is not None
    assert hair.weight[96:108, 92:100].max() < 0.1 < hair.weight[24:34, 44:84].min()


def test_hair_beside_the_cheeks_stays() -> None:
    assert kept(*with_shadow(smooth=False, dark=True)) == 1
    assert kept(*with_shadow(smooth=True, dark=False)) == 1
    assert kept(*with_shadow(smooth=True, dark=True, both=True)) == 1


def test_without_eyes_or_lips_nothing_counts_as_a_shadow() -> None:
    image, labels = with_shadow(smooth=True, dark=True)
    labels[labels == CelebAMask.UPPER_LIP] = CelebAMask.SKIN
    assert kept(image, labels) == 1


def spiky(width: int, wall: int, lock: tuple[int, int, int] = (20, 20, 20)) -> tuple[Image, Labels]:
    """A dark-haired head before a wall of this grey, with a column of hair above it, of so many pixels and a colour."""
    labels = head()
    labels[60:66, 48:56] = labels[60:66, 72:80] = CelebAMask.LEFT_EYE
    image = photograph(HAIR["dark"])
    image[labels == CelebAMask.BACKGROUND] = wall
    labels[:20, 64 : 64 + width] = CelebAMask.HAIR
    image[labels == CelebAMask.HAIR] = 20
    image[:16, 64 : 64 + width] = lock
    return image, labels


def test_a_column_above_the_head_before_a_wall_as_dark_as_hair_is_the_wall() -> None:
    image, labels = spiky(8, 20)
    left = without_spikes(labels == CelebAMask.HAIR, to_lab(image), labels)
    assert not left[:12, 64:72].any()
    assert left[24:32, 48:80].all()
    hair = hair_of(image, labels)
    assert hair is not None and not hair.core[:12].any()
    assert hair.weight[:10, 66:70].max() < 0.1
    assert hair.weight[26:32, 48:80].min() > 0.9


@pytest.mark.parametrize(
    ("width", "wall", "lock"),
    [(8, 120, (20, 20, 20)), (14, 20, (20, 20, 20)), (4, 20, (180, 30, 30))],
    ids=["a pigtail", "a tower", "a red lock"],
)
def test_what_is_told_from_the_wall_and_what_is_large_stay(width: int, wall: int, lock: tuple[int, int, int]) -> None:
    image, labels = spiky(width, wall, lock)
    left = without_spikes(labels == CelebAMask.HAIR, to_lab(image), labels)
    assert left[2:14, 65 : 63 + width].all()


def test_hair_below_the_eyes_is_no_spike() -> None:
    image, labels = spiky(8, 20)
    labels[112:124, 30:38] = CelebAMask.HAIR
    image[112:124, 30:38] = 20
    assert without_spikes(labels == CelebAMask.HAIR, to_lab(image), labels)[112:124, 30:38].all()


def test_without_eyes_nothing_counts_as_a_spike() -> None:
    image, labels = spiky(8, 20)
    labels[labels == CelebAMask.LEFT_EYE] = CelebAMask.SKIN
    hair = labels == CelebAMask.HAIR
    assert np.array_equal(without_spikes(hair, to_lab(image), labels), hair)


def test_a_piece_of_hair_within_clothes_is_clothes() -> None:
    labels = head()
    labels[112:] = CelebAMask.CLOTHES
    clothed = labels.copy()
    clothed[118:128, 20:60] = CelebAMask.HAIR
    assert (parsed_hair(clothed) == parsed_hair(labels)).all()
    clothed[112:118, 30:36] = CelebAMask.HAIR  # a lock that falls on them
    assert parsed_hair(clothed)[118:, 20:60].all()
    beside = labels.copy()
    beside[60:100, 104:120], beside[60:100, 103:106] = CelebAMask.HAIR, CelebAMask.BACKGROUND
    assert parsed_hair(beside)[60:100, 106:120].all()


def with_lock(width: int) -> tuple[Image, Labels]:
    """A head with a nose, and dark locks of this width that the parser takes for skin of the forehead."""
    labels = head()
    labels[60:66, 48:56], labels[60:66, 72:80] = CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE
    labels[70:84, 60:68] = CelebAMask.NOSE
    image = photograph(HAIR["dark"])
    image[labels == CelebAMask.LEFT_EYE] = image[labels == CelebAMask.RIGHT_EYE] = HAIR["dark"]
    image[40:54, 60 : 60 + width] = HAIR["dark"]
    return image, labels


def test_a_fringe_that_the_parser_overlooks_is_hair() -> None:
    image, labels = with_lock(4)
    found = with_fringe(parsed_hair(labels), to_lab(image), labels)
    assert found[42:52, 61:63].all()
    assert not found[labels == CelebAMask.LEFT_EYE].any()
    assert not found[56:, 60:68].any()


def test_a_fringe_is_dyed_like_the_hair_above_it() -> None:
    image, labels = (np.kron(each, np.ones((4, 4, 1)[: each.ndim], np.uint8)) for each in with_lock(4))
    hair = hair_of(image, labels)
    assert hair is not None
    assert hair.weight[180:200, 246:250].min() > 0.8
    assert hair.shade[180:200, 246:250].max() < 0.9


def test_a_dark_forehead_is_in_the_shade_and_fair_hair_has_no_fringe() -> None:
    image, labels = with_lock(24)
    hair = parsed_hair(labels)
    assert np.array_equal(with_fringe(hair, to_lab(image), labels), hair)
    image, labels = with_lock(4)
    image[hair] = image[40:54, 60:64] = HAIR["fair"]
    assert np.array_equal(with_fringe(hair, to_lab(image), labels), hair)
