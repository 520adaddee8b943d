"""What holds for every effect of the beautifier: where it acts, how much, at any size."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.colours import luma
from pipeline.core.types import Image
from pipeline.world.portrait import Portrait
from postprocess.beauty import regions
from postprocess.beauty.eyes import Eye, colour_iris, iris, white, whiten_eyes
from postprocess.beauty.light import enhance, equalisation
from postprocess.beauty.mouth import colour_lips, whiten_teeth
from postprocess.beauty.skin import smooth_skin
from postprocess.beauty.under_eyes import lighten_under_eyes
from postprocess.labels import LAPA, Lapa, to_lapa
from tests.support.labelled_scene import labels, picture
from tests.support.photos import held_out

Effect = Callable[[Image, np.ndarray, float], Image]
EFFECTS: dict[str, tuple[Effect, tuple[int, ...]]] = {
    "enhance": (enhance, regions.FACE),
    "smooth": (smooth_skin, (Lapa.SKIN, Lapa.NOSE)),
    "under_eyes": (lighten_under_eyes, (Lapa.SKIN,)),
    "teeth": (whiten_teeth, (Lapa.MOUTH,)),
    "eyes": (whiten_eyes, regions.EYES),
    "iris": (lambda image, labels, strength: colour_iris(image, labels, strength, (60, 120, 200)), regions.EYES),
    "lips": (
        lambda image, labels, strength: colour_lips(image, labels, strength, (200, 30, 90)),
        (*regions.LIPS, Lapa.MOUTH),
    ),
}
each = pytest.mark.parametrize("name", EFFECTS)
scenes = st.tuples(
    arrays(np.uint8, (24, 24, 3)),
    arrays(np.uint8, (24, 24), elements=st.integers(0, 10)),
)


def face(size: int) -> tuple[Image, np.ndarray]:
    """Somebody who smiles with open mouth and eyes, whom no net was trained on, and the true labels."""
    portrait = smiling(size)
    return portrait.rgb.copy(), to_lapa(portrait.labels)


@cache
def smiling(size: int) -> Portrait:
    return held_out(4, size, smile=1.0, glasses=0.0, eye_narrow=-0.5)


def test_classes_are_those_of_lapa() -> None:
    names = [name.lower().replace("_", " ") for name in ("skin", "left_eye", "mouth", "lower_lip", "hair")]
    own = [Lapa.SKIN, Lapa.LEFT_EYE, Lapa.MOUTH, Lapa.LOWER_LIP, Lapa.HAIR]
    assert [LAPA[number] for number in own] == names


@each
@settings(max_examples=25)
@given(scene=scenes, strengths=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_acts_on_its_own_classes_only_and_more_when_stronger(
    name: str, scene: tuple[Image, np.ndarray], strengths: tuple[float, float]
) -> None:
    effect, classes = EFFECTS[name]
    image, classes_at = scene
    weaker, stronger = (effect(image, classes_at, strength).astype(int) for strength in sorted(strengths))
    outside = ~np.isin(classes_at, classes)
    np.testing.assert_array_equal(stronger[outside], image[outside])
    before = image.astype(int)
    assert (np.abs(stronger - before) >= np.abs(weaker - before)).all()


@each
@settings(max_examples=25)
@given(scene=scenes)
def test_strength_0_and_no_face_change_nothing(name: str, scene: tuple[Image, np.ndarray]) -> None:
    effect, _ = EFFECTS[name]
    image, classes_at = scene
    np.testing.assert_array_equal(effect(image, classes_at, 0.0), image)
    np.testing.assert_array_equal(effect(image, np.zeros_like(classes_at), 1.0), image)


@each
@pytest.mark.parametrize("size", [64, 512])
def test_changes_a_face_at_any_size_and_leaves_its_argument(name: str, size: int) -> None:
    effect, _ = EFFECTS[name]
    image, classes_at = face(size)
    image.flags.writeable = False
    changed = effect(image, classes_at, 1.0)
    assert changed.dtype == np.uint8 and changed.shape == image.shape
    assert (changed != image).any()


@each
def test_the_same_at_twice_the_size(name: str) -> None:
    """Sizes go by the face: a picture twice as large gets the same look."""
    effect, _ = EFFECTS[name]
    image, classes_at = face(256)
    large = cv2.resize(image, (512, 512), interpolation=cv2.INTER_CUBIC)
    wide = cv2.resize(classes_at, (512, 512), interpolation=cv2.INTER_NEAREST)
    change = effect(image, classes_at, 1.0).astype(float) - image
    twice = effect(large, wide, 1.0).astype(float) - large
    back = cv2.resize(twice, (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(back - change).sum() < 0.45 * np.abs(change).sum()


@each
def test_the_same_in_a_larger_picture(name: str) -> None:
    """Sizes go by the face and not by the picture around it."""
    effect, _ = EFFECTS[name]
    image, classes_at = face(256)
    inner = np.s_[64:-64, 64:-64]
    around = np.pad(image, ((64, 64), (64, 64), (0, 0)), mode="edge")
    changed = effect(around, np.pad(classes_at, 64), 1.0)[inner]
    assert np.abs(changed.astype(int) - effect(image, classes_at, 1.0)).max() <= 1


@each
def test_grey_pictures_and_large_ones(name: str) -> None:
    effect, classes = EFFECTS[name]
    classes_at = to_lapa(labels(1024))
    grey = np.repeat(picture(labels(1024), 3).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    changed = effect(grey, classes_at, 1.0)
    if name not in ("iris", "lips"):
        assert (np.ptp(changed.astype(int), axis=2) <= 1).all()
    np.testing.assert_array_equal(changed[~np.isin(classes_at, classes)], grey[~np.isin(classes_at, classes)])


FLAT = np.full((16, 16), 39, np.uint8)
FLAT[0, :8] = 81, 155, 38, 38, 155, 155, 38, 0


@given(arrays(np.uint8, (16, 16)), st.floats(0.5, 1.5))
@example(FLAT, 1.0)
def test_equalisation_keeps_order_range_and_middle(brightness: Image, gain: float) -> None:
    own = np.clip(brightness * gain, 0, 255).astype(np.uint8)
    table = equalisation(own, np.ones(own.shape, bool)).astype(int)
    assert (np.diff(table) >= 0).all()
    middle = float(np.median(own))
    assert abs(table[int(middle)] - middle) <= 4 + np.ptp(own) / 8  # order goes before the middle


def test_shadows_are_lightened_below_the_eyes() -> None:
    image, classes_at = face(512)
    change = lighten_under_eyes(image, classes_at, 1.0).astype(int).sum(2) - image.astype(int).sum(2)
    middle = np.median(np.nonzero(np.isin(classes_at, regions.EYES))[0])
    above, below = change[: int(middle)], change[int(middle) :]
    assert below.sum() > 10 * above.sum() and below.max() > 15


def test_pores_stay_and_spots_go() -> None:
    """The band of pores is put back whole; spots of a few pixels become fainter."""
    image, classes_at = face(512)
    random = np.random.default_rng(0)
    spots = regions.blurred(random.normal(0, 60, (512, 512)).astype(np.float32), 3.0)[:, :, None]
    pores = random.normal(0, 5, (512, 512, 1))
    spotted = np.clip(image + spots + pores, 0, 255).astype(np.uint8)
    inner = regions.distance_to(classes_at != Lapa.SKIN) > 14
    fine, broad = (
        lambda x: x.astype(np.float32).mean(2) - regions.blurred(x.astype(np.float32).mean(2), 0.6),
        lambda x: (
            regions.blurred(x.astype(np.float32).mean(2), 1.5) - regions.blurred(x.astype(np.float32).mean(2), 6.0)
        ),
    )
    smooth = smooth_skin(spotted, classes_at, 1.0)
    assert fine(smooth)[inner].std() > 0.95 * fine(spotted)[inner].std()
    assert broad(smooth)[inner].std() < 0.6 * broad(spotted)[inner].std()


def test_enhancing_makes_detail_clearer() -> None:
    image, classes_at = face(512)
    texture = regions.blurred(np.random.default_rng(0).normal(0, 30, (512, 512)).astype(np.float32), 1.5)[:, :, None]
    image = np.clip(image + texture, 0, 255).astype(np.uint8)
    inner = regions.distance_to(classes_at != Lapa.SKIN) > 14
    before, after = (
        (luma(each) - regions.blurred(luma(each), 4.0))[inner].std()
        for each in (image, enhance(image, classes_at, 1.0))
    )
    assert after > 1.2 * before


def test_the_white_of_an_eye_ends_where_its_iris_begins() -> None:
    """Even where both are as bright or as dark: a pale iris keeps its colour, and the lid's shadow gets none."""
    region = np.zeros((60, 100), bool)
    region[10:50, 5:95] = True
    eye = Eye(region, 50.0, 30.0, 15.0, dark=40.0, bright=220.0)
    y, x = np.ogrid[:60, :100]
    away = np.hypot(x - 50, y - 30)
    inner = regions.distance_to(~region) > 4
    bright, dark = (np.full((60, 100, 3), grey, np.uint8) for grey in (220, 40))
    assert not white(bright, eye, 1.0)[away <= 15].any() and (white(bright, eye, 1.0)[inner & (away > 20)] == 1).all()
    assert (iris(dark, eye, 1.0)[away < 13] == 1).all() and not iris(dark, eye, 1.0)[away > 17].any()
    assert not white(dark, eye, 1.0).any() and not iris(bright, eye, 1.0).any()


def test_what_is_dark_between_the_lips_is_not_painted() -> None:
    """However red it is."""
    classes_at = np.full((128, 128), Lapa.SKIN, np.uint8)
    image = np.full((128, 128, 3), (210, 170, 150), np.uint8)
    for rows, label, colour in (
        (slice(56, 68), Lapa.UPPER_LIP, (180, 90, 90)),
        (slice(68, 76), Lapa.MOUTH, (110, 15, 15)),
        (slice(76, 90), Lapa.LOWER_LIP, (180, 90, 90)),
    ):
        classes_at[rows, 40:90], image[rows, 40:90] = label, colour
    painted = colour_lips(image, classes_at, 1.0, (40, 40, 220))
    mouth = classes_at == Lapa.MOUTH
    np.testing.assert_array_equal(painted[mouth], image[mouth])
    assert (painted[82, 60:70] != image[82, 60:70]).any()


def test_closed_eyes_have_no_iris() -> None:
    image, classes_at = face(256)
    shut = image.copy()
    shut[np.isin(classes_at, regions.EYES)] = (190, 150, 130)
    np.testing.assert_array_equal(colour_iris(shut, classes_at, 1.0, (0, 0, 255)), shut)


def test_teeth_become_whiter_and_lips_keep_them() -> None:
    image, classes_at = face(512)
    mouth = classes_at == Lapa.MOUTH
    shown = mouth & (luma(image) > 130)
    assert shown.sum() > 200
    whiter = whiten_teeth(image, classes_at, 1.0)

    def colourful(x: Image) -> float:
        return float(np.ptp(x[shown].astype(int), axis=1).mean())

    assert colourful(whiter) < 0.6 * colourful(image)
    assert luma(whiter)[shown].mean() > luma(image)[shown].mean()
    painted = colour_lips(image, classes_at, 1.0, (40, 40, 220))
    np.testing.assert_array_equal(painted[shown], image[shown])
