"""Age on a portrait's own pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.types import Portrait, Translation
from pipeline.core.weights import locate
from pipeline.models import Models
from postprocess.own_pixels.ageing import (
    OLDEST,
    PHOTOGRAPHS,
    SMOOTHER,
    STEP,
    YOUNGEST,
    Ageing,
    encoded,
    linear,
    shaded,
    shifted,
    smoothed,
)
from postprocess.own_pixels.face_frame import anchors
from tests.postprocess.own_pixels.test_face_frame import SIDE, whole_face

LABELS = whole_face()
MOTION = np.full((8, 8, 2), 0.01, np.float32)


def ageing(power: float = 1.5) -> Ageing:
    """Darkens all skin; moves men to the right and down, women to the left and up; latents are age and sex."""
    shading = np.full((16, 16, 3), -0.3, np.float32)
    axes, origin = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    return Ageing(shading, np.stack([MOTION, -MOTION]), anchors(LABELS), axes, origin, power)


def portrait(age: float, crop: object | None = None) -> Portrait:
    return Portrait("p", np.zeros((8, 8, 3), np.uint8), np.tile(np.float32([age, 0]), (3, 1)), "space", crop)


def move(step: float) -> Translation:
    return Translation("A_2", "space", np.tile(np.float32([step, 0]), (1, 3, 1)))


def test_light_and_back_are_the_same_for_all_levels() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert np.array_equal(encoded(linear(levels)), levels)
    assert linear(levels).max() == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(-2, 3))
def test_only_skin_changes_and_nothing_by_no_amount(seed: int, amount: float) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    shading = rng.normal(0, 0.2, (SIDE, SIDE, 3)).astype(np.float32)
    changed, new = shaded(image, LABELS, shading, amount)
    assert np.array_equal(changed[new == 0], image[new == 0])
    assert not new[:4, :].any() and not new[:, :16].any()
    same, none = shaded(image, LABELS, shading, 0.0)
    assert np.array_equal(same, image) and not none.any()


@settings(deadline=None, max_examples=15)
@given(st.floats(0.1, 1.5))
def test_dark_and_pale_skin_take_the_same_share_of_light(amount: float) -> None:
    shading, inner = np.full((SIDE, SIDE, 3), -0.4, np.float32), (slice(96, 106), slice(50, 78))
    ratios = []
    for level in (90, 220):
        image = np.full((SIDE, SIDE, 3), level, np.uint8)
        ratios.append(float((linear(shaded(image, LABELS, shading, amount)[0]) / linear(image))[inner].mean()))
    assert ratios[0] == pytest.approx(ratios[1], rel=0.08)
    assert ratios[1] == pytest.approx(np.exp(-0.4 * amount), rel=0.08)


@given(st.floats(0, 1), st.floats(0, 1))
def test_ageing_and_growing_younger_cancel(start: float, end: float) -> None:
    there = ageing().amount(portrait(start), move(end - start), 1.0)
    back = ageing().amount(portrait(end), move(end - start), -1.0)
    assert there == pytest.approx(-back, abs=1e-5)
    assert there * (end - start) >= 0


def test_the_whole_way_is_one_and_both_ends_hold() -> None:
    assert ageing().amount(portrait(0), move(1), 1.0) == pytest.approx(1)
    assert ageing().amount(portrait(0), move(1), 9.0) == pytest.approx(OLDEST**1.5)
    assert ageing().amount(portrait(0), move(1), 0.5) < 0.5
    assert ageing().amount(portrait(0), move(-9), 1.0) == pytest.approx(-((-YOUNGEST) ** 1.5))


@given(st.floats(-1, 2))
def test_people_age_as_men_or_as_women_and_only_the_doubtful_as_both(position: float) -> None:
    latent = np.tile(np.float32([0, position]), (3, 1))
    share = ageing().woman(Portrait("p", np.zeros((8, 8, 3), np.uint8), latent, "space"))
    assert share == 0 if position < 0.3 else share == 1 if position > 0.7 else 0 <= share <= 1
    assert (share - 0.5) * (position - 0.5) >= 0


def test_the_latent_of_a_photograph_does_not_say_how_old_it_is() -> None:
    amounts = [ageing().amount(portrait(age, object()), move(1), 0.5) for age in (0.0, 0.9)]
    assert amounts == pytest.approx([PHOTOGRAPHS / 2] * 2)


def test_lines_are_lost_on_the_way_to_young_alone_and_sooner_in_photographs() -> None:
    one = ageing()
    assert one.smoothing(portrait(0.5), move(0.5), 1.0) == 0
    assert one.smoothing(portrait(0.5), move(0.4), -1.0) == pytest.approx(0.4 * SMOOTHER)
    assert one.smoothing(portrait(0.0), move(0.4), -1.0) == pytest.approx(0.4 * SMOOTHER)
    assert one.smoothing(portrait(0.5, object()), move(0.2), -1.0) == pytest.approx(0.2 * SMOOTHER * PHOTOGRAPHS)
    assert one.smoothing(portrait(0.5), move(9.0), -1.0) == 1


def test_lines_are_smoothed_and_edges_stay() -> None:
    image = np.full((SIDE, SIDE, 3), 150, np.uint8)
    image[:, 66:] = 60
    image[100:102, 52:62] = 135
    half, whole = (smoothed(image, LABELS, amount)[0].astype(int) for amount in (0.4, 1.0))
    line, side = (slice(100, 102), slice(54, 60)), (slice(104, 108), slice(70, 76))
    assert image[line].mean() < half[line].mean() < whole[line].mean() > 143
    assert np.abs(whole[side] - 60).max() < 6
    changed, new = smoothed(image, LABELS, 1.0)
    assert np.array_equal(changed[new == 0], image[new == 0])
    assert not smoothed(image, LABELS, 0.0)[1].any()


def test_pores_stay() -> None:
    large = np.kron(LABELS, np.ones((4, 4), np.uint8))
    board = 12 * (np.indices(large.shape).sum(0) % 2)
    image = np.repeat((150 + board)[..., None], 3, 2).astype(np.uint8)
    younger = smoothed(image, large, 1.0)[0]
    cheek = slice(400, 440), slice(220, 300)
    assert younger[cheek].std() > 0.4 * image[cheek].std()


def test_the_shape_moves_by_the_motion() -> None:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[60:64, 60:64] = 255
    found, new = shifted(image, 4 * MOTION)
    assert np.argwhere(found[..., 0] > 127).mean() - 61.5 == pytest.approx(0.04 * SIDE, abs=0.6)
    assert new.all()
    still, none = shifted(image, 0 * MOTION)
    assert np.array_equal(still, image) and not none.any()


def test_the_demo_set_wrinkles_the_forehead_and_is_small(demo_models: Models) -> None:
    known = demo_models.ageing
    assert known is not None and Models("ffhq-stylegan2", "cpu").ageing is None
    assert locate(demo_models.set, "ageing").stat().st_size < 150_000
    lines = np.abs(np.diff(known.shading.mean(2), axis=0))
    height = {
        name: int((known.mean[rows, 1].mean() - 0.14) / 0.84 * 256)
        for name, rows in (("brow", [7, 10]), ("lips", [16]))
    }
    forehead, cheeks = (
        lines[height["brow"] - 50 : height["brow"] - 10, 80:176],
        lines[height["brow"] + 50 : height["lips"], 60:90],
    )
    assert forehead.mean() > 1.5 * cheeks.mean()
    assert max(np.abs(edge).max() for edge in (known.shading[-1], known.shading[:, 0], known.shading[:, -1])) < STEP
    assert known.on(np.zeros((64, 64), np.uint8)) is None


@pytest.mark.full
def test_held_out_people_come_nearer_to_their_true_age(demo_models: Models) -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    from pipeline.core.types import Edit
    from pipeline.quality.metrics import changed_region, region_gain
    from pipeline.quality.portraits import subjects
    from pipeline.world.latents import latents
    from postprocess.own_pixels.edited import edited

    gains = []
    for subject in subjects(3, 256, first=5):
        latent = np.tile(latents([subject.person], demo_models.set.dim), (demo_models.set.n_style, 1))
        known = Portrait(subject.name, subject.image, latent, demo_models.space)
        names = [name for name in ("A_0", "A_2") if subject.shows(name)]
        for name, truth in zip(names, subject.counterfactuals(names)[1], strict=True):
            chosen = Edit(name, ((demo_models.translations[name], 1.0),))
            labels = demo_models.parser.labels([subject.image])[0]
            image, _, _ = edited(subject.image, labels, chosen, known, demo_models, 1.0)
            gains.append(region_gain(subject.image, image, truth, changed_region(subject.image, truth)))
    assert np.median(gains) > 0.25
