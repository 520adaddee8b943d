"""Curls of straight hair."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.colours import to_lab
from pipeline.core.types import Image
from pipeline.models import Models
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.curls import FACE, MOST, Curls, curled, curls_of
from tests.postprocess.own_pixels.test_dyeing import SIDE, head
from tests.support.photos import held_out

WALL = 200


def portrait() -> tuple[Image, Labels]:
    """A head with straight strands that hang down, before a bright wall."""
    labels = head()
    image = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    image[labels == CelebAMask.SKIN] = (200, 150, 130)
    strands = np.random.default_rng(0).integers(20, 110, SIDE).repeat(SIDE).reshape(SIDE, SIDE).T
    image[labels == CelebAMask.HAIR] = strands[labels == CelebAMask.HAIR][:, None]
    return image, labels


def waves() -> tuple[Image, Labels, Curls]:
    image, labels = portrait()
    curls = curls_of(image, labels)
    assert curls is not None
    return image, labels, curls


def bent(image: Image) -> float:
    """Mean change of lightness down the hair, where straight strands have none."""
    return float(np.abs(np.diff(to_lab(image)[44:104, 26:38, 0], axis=0)).mean())


def test_strands_bend_more_with_strength() -> None:
    image, _, curls = waves()
    bends = [bent(curled(image, curls, strength)[0]) for strength in (0.25, 0.5, 1.0)]
    assert bent(image) < 0.1 < bends[0] < bends[1] < bends[2]


def test_no_strength_beyond_the_most_bends_more() -> None:
    image, _, curls = waves()
    assert np.array_equal(curled(image, curls, MOST)[0], curled(image, curls, 2 * MOST)[0])


def test_what_is_not_new_stays() -> None:
    image, _, curls = waves()
    found, new = curled(image, curls, 1.0)
    assert np.array_equal(found[new == 0], image[new == 0])


def test_hair_does_not_grow_over_the_face() -> None:
    image, labels, curls = waves()
    free = replace(curls, free=np.ones_like(curls.free))
    face = np.isin(labels, FACE) & (curls.weight < 0.01)
    held, loose = (curled(image, each, 1.0)[1][face].sum() for each in (curls, free))
    assert held < 0.5 * loose


def test_hair_keeps_its_colour_and_stands_farther_off() -> None:
    image, labels, curls = waves()
    found, new = curled(image, curls, 1.0)
    hair = labels == CelebAMask.HAIR
    assert np.allclose(to_lab(found)[hair].mean(0), to_lab(image)[hair].mean(0), atol=4)
    behind = (labels == CelebAMask.BACKGROUND) & (curls.weight < 0.01)
    still = replace(curls, outwards=np.zeros_like(curls.outwards))
    assert new[behind].sum() > 1.2 * curled(image, still, 1.0)[1][behind].sum()


def test_what_turns_up_is_lighter() -> None:
    image, labels, curls = waves()
    grey = np.full_like(image, 90)
    light = to_lab(curled(grey, curls, 1.0)[0])[..., 0]
    hair = labels == CelebAMask.HAIR
    assert light[hair & (curls.light > 0.7)].mean() > 1.1 * light[hair & (curls.light < -0.7)].mean()


def test_locks_swing_by_themselves() -> None:
    _, labels, curls = waves()
    light = curls.light[(labels == CelebAMask.HAIR).nonzero()[0].min() + 20]
    assert np.abs(np.diff(light[28:100])).max() > 0.2  # all at once they would be rings around the crown


@pytest.mark.parametrize("strength", [1e-6, 1e-3])
def test_hardly_any_strength_hardly_changes_anything(strength: float) -> None:
    image, _, curls = waves()
    assert np.abs(curled(image, curls, strength)[0].astype(int) - image).max() <= 2


def test_the_strength_may_be_numpys() -> None:
    image, _, curls = waves()
    assert np.array_equal(curled(image, curls, np.float64(1.0))[0], curled(image, curls, 1.0)[0])


def test_a_speck_of_hair_elsewhere_changes_no_wave() -> None:
    image, labels, curls = waves()
    labels[2:5, 2:5] = CelebAMask.HAIR
    found = curls_of(image, labels)
    assert found is not None and np.array_equal(found.swing, curls.swing)


def test_curls_are_the_same_in_every_run() -> None:
    (image, _, first), (_, _, second) = waves(), waves()
    assert np.array_equal(curled(image, first, 1.0)[0], curled(image, second, 1.0)[0])


@pytest.mark.parametrize("part", [CelebAMask.HAIR, CelebAMask.SKIN])
def test_without_hair_or_skin_there_are_no_curls(part: CelebAMask) -> None:
    image, labels = portrait()
    labels[labels == part] = CelebAMask.BACKGROUND
    assert curls_of(image, labels) is None


def test_the_judge_sees_curls_in_most_people_with_straight_hair(demo_models: Models) -> None:
    people = [held_out(number, 256, curl=0.0, bald=0.0) for number in range(30, 38)]
    curls = [curls_of(each.rgb, each.labels) for each in people]
    bent = [curled(each.rgb, of, MOST)[0] for each, of in zip(people, curls, strict=True) if of is not None]
    assert len(bent) == len(people)
    before, after = (demo_models.judge.predict(np.stack(each))["Hs"][:, 1] for each in ([p.rgb for p in people], bent))
    assert np.mean(before > 0.5) < 0.5
    assert np.mean(after > 0.5) >= 0.75
