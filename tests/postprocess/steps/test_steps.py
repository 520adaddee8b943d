"""What holds for every blending step and any chain of them."""

from __future__ import annotations

import importlib
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.images import read_image
from pipeline.core.types import Frame, Portrait
from tests.postprocess.steps.golden import GOLDEN, TOLERANCE, cases
from tests.support.attribute_table import ENTRY, written_table
from tests.support.labelled_scene import CPU, FakeModels, edit, scene

STEPS = ("domain_mixup", "segmentation", "depth_segmentation", "gfp_gan")
CODES = (
    "Sk_0",
    "A_2",
    "Se_1",
    "B_1",
    "Hc_1",
    "bald",
    "D_1",
    "Hs_1",
    "Be_max",
    "N_min",
    "Pn_max",
    "Bn_min",
    "Bp_max",
    "Ch_max",
)
EXTRAS = ("Sm_1", "Gl_1", "Bd_1", "smoother")


def apply(name: str, frames: list[Frame], models: Any, **changes: Any) -> list[Frame]:
    return importlib.import_module(f"postprocess.steps.{name}").Settings(**changes).open(models, CPU)(frames)


def check_invariants(before: Frame, after: Frame) -> None:
    assert after.image.dtype == np.uint8
    assert after.support.dtype == np.float32
    assert (after.support <= before.support).all()
    assert (after.support >= 0).all()
    untouched = after.support == 0
    assert np.array_equal(after.image[untouched], after.portrait.image[untouched])


@st.composite
def frames(draw: st.DrawFn) -> tuple[Frame, FakeModels]:
    """A frame of random pixels and support, in the middle of a run, with random parsing of both images."""
    side = draw(st.sampled_from((8, 13)))
    pixels = arrays(np.uint8, (side, side, 3))
    classes = arrays(np.uint8, (side, side), elements=st.integers(0, 18))
    support = draw(arrays(np.float32, (side, side), elements=st.floats(0, 1, width=32)))
    portrait = Portrait("p", draw(pixels), None, "toy")
    image = np.where(support[:, :, None] > 0, draw(pixels), portrait.image)
    names = draw(st.lists(st.sampled_from(CODES + EXTRAS), max_size=3, unique=True))
    models = FakeModels(draw(classes), {portrait.image.tobytes(): draw(classes)})
    return Frame(portrait, edit(*names), image, support), models


@settings(max_examples=150, deadline=None)
@given(frames(), st.permutations(STEPS))
def test_support_only_shrinks_and_outside_it_stands_the_portrait(
    drawn: tuple[Frame, FakeModels], order: list[str]
) -> None:
    frame, models = drawn
    for name in order:
        before, (frame,) = frame, apply(name, [frame], models)
        check_invariants(before, frame)


@pytest.mark.parametrize("name", STEPS)
def test_a_frame_does_not_depend_on_its_batch(name: str) -> None:
    first, models = scene("Hc_1")
    second = replace(first, edit=edit("Bp_max"), image=first.image[:, ::-1])
    other, _ = scene("Sk_2", hat=True)
    together = apply(name, [first, second, other], models)
    for frame, result in zip([first, second, other], together, strict=True):
        (alone,) = apply(name, [replace(frame, portrait=Portrait("alone", frame.portrait.image, None, "toy"))], models)
        assert np.array_equal(alone.image, result.image)
        assert np.array_equal(alone.support, result.support)
    assert [frame.edit.name for frame in together] == ["Hc_1", "Bp_max", "Sk_2"]


@pytest.mark.parametrize("name", STEPS)
def test_no_frames_in_no_frames_out(name: str) -> None:
    _, models = scene("Hc_1")
    assert apply(name, [], models) == []


@pytest.mark.parametrize("name", STEPS)
def test_an_edit_that_changed_nothing_stays_nothing(name: str) -> None:
    frame, models = scene("Ch_max")
    nothing = replace(frame, image=frame.portrait.image, support=np.zeros_like(frame.support))
    (result,) = apply(name, [nothing], models)
    assert np.array_equal(result.image, frame.portrait.image)
    assert not result.support.any()


@pytest.mark.parametrize("name", STEPS[:3])
def test_an_unedited_render_passes_unchanged(name: str) -> None:
    frame, models = scene("Ch_max")
    (result,) = apply(name, [replace(frame, image=frame.portrait.image)], models)
    assert np.array_equal(result.image, frame.portrait.image)


@pytest.mark.parametrize("code", ["Hc_1", "Sk_2", "Bn_max", "D_1"])
def test_blends_commute_up_to_rounding(code: str) -> None:
    """With the same parsing and depth the three blends may come in any order."""
    results = []
    for order in permutations(STEPS[:3]):
        frame, models = scene(code)
        for name in order:
            (frame,) = apply(name, [frame], models)
        results.append(frame)
    for other in results[1:]:
        np.testing.assert_allclose(other.support, results[0].support, atol=3e-3)
        assert np.abs(other.image.astype(int) - results[0].image).max() <= 2


def test_what_belongs_to_the_portrait_is_computed_once() -> None:
    frame, models = scene("Hc_1")
    for _ in range(3):
        for name in STEPS:
            apply(name, [frame, frame], models)
    ones = [count for count in models.asked if count == 1]
    assert len(ones) == 2, "one parsing and one depth map of the portrait"


@pytest.mark.parametrize("name", sorted(cases()))
def test_golden_images(name: str) -> None:
    """Small pictures of every step; `python -m tests.postprocess.steps.golden` draws them anew."""
    expected = read_image(GOLDEN / f"{name}.png").astype(int)
    assert np.abs(cases()[name]() - expected).max() <= TOLERANCE


def test_a_new_attribute_is_one_entry_of_the_table(tmp_path: Path) -> None:
    """Without it the steps know nothing of the code; with it the edit keeps to its domain and to its parts."""
    frame, models = scene("Xy_max")
    for step in ("domain_mixup", "segmentation"):
        (free,) = apply(step, [frame], models)
        assert (free.support == 1).all()
    with written_table(tmp_path, {"Xy": ENTRY}):
        (result,) = apply("domain_mixup", [frame], models)
        assert (result.support[50:56, 36:44] == 1).all(), "the shape"
        assert (result.support[50:56, 20:28] == 1).all(), "its mirror image"
        assert (result.support[:32] == 0).all()
        (result,) = apply("segmentation", [frame], models)
        parsed = models.default
        assert (result.support[parsed == 14] == 1).all(), "the neck"
        assert (result.support[parsed == 10] == 0).all()
