from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.crop import Crop
from pipeline.core.types import Frame, Maps
from postprocess.depth import foreground
from postprocess.steps.depth_segmentation import Settings, background_alpha
from tests.support.labelled_scene import CPU, LeftHalf, depth, labels, scene


@pytest.mark.parametrize("size", [64, 256])
def test_the_nearer_cluster_is_the_foreground(size: int) -> None:
    classes = labels(size)
    person = foreground(depth(classes), "cluster")
    assert person[np.isin(classes, (1, 10, 17))].mean() > 0.98
    assert person[classes == 0].mean() < 0.05
    core = foreground(depth(classes), "mean")
    assert core[classes == 10].mean() > 0.9
    assert core[classes == 17].mean() < 0.2
    assert (core <= person).all()


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 100), st.floats(-50, 50), st.sampled_from(["cluster", "mean"]))
def test_scale_and_offset_of_the_depth_do_not_matter(scale: float, offset: float, rule: str) -> None:
    values = depth(labels(32))
    moved = (values * scale + offset).astype(np.float32)
    assert (foreground(values, rule) != foreground(moved, rule)).mean() < 0.01


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-30])
def test_a_flat_map_is_all_foreground(value: float) -> None:
    assert foreground(np.full((9, 9), value, np.float32)).all()


def test_background_fades_with_the_distance() -> None:
    near = np.zeros((65, 65), np.bool_)
    near[32, 32] = True
    alpha = background_alpha(near, coef=8)
    assert alpha[32, 32] == 0
    assert alpha[32, 32 + 16] == pytest.approx(1 - np.exp(-8 * 16 / 32.5), abs=1e-5)
    assert (np.diff(alpha[32, 32:]) > 0).all()
    assert (background_alpha(np.zeros((8, 8), np.bool_), 8) == 1).all()


def test_what_is_behind_both_persons_returns() -> None:
    frame, models = scene("Hs_1")
    (result,) = Settings(coef=500).open(models, CPU)([frame])
    before, after = models.known[frame.portrait.image.tobytes()], models.default
    assert np.array_equal(result.image[:6, :6], frame.portrait.image[:6, :6]), "background of both"
    grown = (after == 17) & (before == 0)
    assert grown.sum() > 50
    assert (result.image[grown] == frame.image[grown]).mean() > 0.9, "hair that the edit grew stays"


@pytest.mark.parametrize("name", ["bald", "Se_1"])
def test_some_edits_are_skipped(name: str) -> None:
    frame, models = scene(name)
    assert Settings().open(models, CPU)([frame]) == [frame]
    (blended,) = Settings(skip=()).open(models, CPU)([frame])
    assert (blended.image != frame.image).any()


def test_an_edit_on_the_person_needs_no_depth_of_its_own() -> None:
    frame, models = scene("Bn_max")
    support = np.zeros_like(frame.support)
    support[30:40, 28:36] = 1
    local = type(frame)(
        frame.portrait, frame.edit, np.where(support[..., None] > 0, frame.image, frame.portrait.image), support
    )
    (result,) = Settings().open(models, CPU)([local])
    assert models.asked == [1]
    assert np.array_equal(result.image, local.image)


def photographed(frame: Frame) -> Frame:
    """The frame of a portrait that was cut out of a photograph."""
    square = Crop(((0, 0), (0, 9), (9, 9), (9, 0)), 10, 10, 64)
    portrait = replace(frame.portrait, crop=square, maps=Maps())
    return replace(frame, portrait=portrait)


def test_in_a_photograph_the_matte_decides_and_depth_is_not_asked() -> None:
    frame, models = scene("Hs_1")
    models.matte = LeftHalf()
    (result,) = Settings(coef=1000).open(models, CPU)([photographed(frame)])
    assert models.asked == []
    assert np.array_equal(result.image[:, :32], frame.image[:, :32])
    assert np.array_equal(result.image[:, 40:], frame.portrait.image[:, 40:])


def test_without_a_matte_or_a_photograph_depth_decides() -> None:
    frame, models = scene("Hs_1")
    (plain,) = Settings().open(models, CPU)([frame])
    (photo,) = Settings().open(models, CPU)([photographed(frame)])
    models.matte = LeftHalf()
    (matted,) = Settings().open(models, CPU)([photographed(frame)])
    (drawn,) = Settings().open(models, CPU)([scene("Hs_1")[0]])
    assert np.array_equal(plain.image, photo.image)
    assert np.array_equal(plain.image, drawn.image)
    assert (plain.image != matted.image).any()
    both = Settings().open(models, CPU)([photographed(frame), scene("Hs_1")[0]])
    for one, alone in zip(both, (matted, drawn), strict=True):
        np.testing.assert_array_equal(one.image, alone.image)
        np.testing.assert_array_equal(one.support, alone.support)
