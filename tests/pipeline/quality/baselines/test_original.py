"""The original's blending, with its defects."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.core.types import Edit, Frame, Portrait, Translation
from pipeline.quality.baselines.original import FADING, blended, by_depth, kept, nearer
from postprocess.labels import CelebAMask, Group

SIZE = 64


def frame(name: str, move: str = "", before: int = 50, after: int = 200) -> Frame:
    portrait = Portrait("p", np.full((SIZE, SIZE, 3), before, np.uint8), np.zeros((2, 4)), "toy")
    translation = Translation(move or name, "toy", np.ones((1, 2, 4), np.float32))
    edit = Edit(name, ((translation, 1.0),))
    return Frame(portrait, edit, np.full((SIZE, SIZE, 3), after, np.uint8), np.ones((SIZE, SIZE), np.float32))


def halves(left: int, right: int) -> np.ndarray:
    found = np.full((SIZE, SIZE), left, np.uint8)
    found[:, SIZE // 2 :] = right
    return found


class Nets:
    """The left half is background and far."""

    def __init__(self, right: int = CelebAMask.SKIN) -> None:
        labels, depth = halves(CelebAMask.BACKGROUND, right), halves(0, 9).astype(np.float32)
        self.parser = SimpleNamespace(labels=lambda images: np.stack([labels] * len(images)))
        self.depth = SimpleNamespace(inverse_depth=lambda images: np.stack([depth] * len(images)))


def test_skin_keeps_the_background_and_hair_all_but_hair():
    groups = halves(Group.BACKGROUND, Group.HAIR)
    assert np.array_equal(kept(groups, "Sk_1"), groups == Group.BACKGROUND)
    assert np.array_equal(kept(groups, "Hc_1"), groups != Group.HAIR)


@pytest.mark.parametrize("name", ["bald", "D_1", "N_max", "Sm_1"])
def test_edits_that_have_no_rule(name):
    assert kept(halves(0, 1), name) is None


def test_bags_under_the_eyes_lie_lower_than_the_eyes():
    groups = np.full((512, 512), Group.REST, np.uint8)
    groups[200:210, 100:150] = Group.EYES
    free = np.argwhere(~kept(groups, "Be_max"))
    assert free.min(0).tolist() == [200 - 8 + 30, 100 - 8]
    assert free.max(0).tolist() == [209 + 8 + 30, 149 + 8]


def test_the_person_is_what_lies_before_the_mean_of_the_first_cluster_which_may_be_the_background():
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(12):
        depth = np.where(halves(0, 1) > 0, 9, 1) + rng.normal(0, 0.1, (SIZE, SIZE))
        shares.append(nearer(depth.astype(np.float32)).mean())
    # Of the first cluster the nearer half; before the mean of the background there is the whole person as well.
    assert all(share == pytest.approx(0.25, abs=0.06) or share == pytest.approx(0.75, abs=0.06) for share in shares)


def test_the_portrait_fades_in_behind_the_smaller_person():
    person, larger = halves(0, 1) > 0, np.ones((SIZE, SIZE), bool)
    found = by_depth(frame("Sk_1"), frame("Sk_1").image, larger, person)
    assert (found[:, SIZE // 2 :] == 200).all()
    behind = 0.5  # half as far as the farthest pixel
    weight = np.exp(-FADING * behind) / (np.exp(-FADING * behind) + behind)
    assert found[0, SIZE // 4, 0] == pytest.approx(int(50 + 150 * weight), abs=1)


def test_steps_come_one_after_the_other():
    image = blended([frame("Sk_1")], Nets())[0]
    assert image[32, 0, 0] < 60  # background
    assert image[32, 40, 0] > 180
    assert blended([], Nets()) == []


def test_baldness_and_sex_pass_the_depth():
    nets = Nets(CelebAMask.HAIR)
    bald, colour = (blended([frame(name, move)], nets)[0] for name, move in (("bald", "Hc_4"), ("Hc_1", "")))
    assert bald.mean() > colour.mean()
    assert (blended([frame("bald", "bald")], nets)[0] == 200).all()
