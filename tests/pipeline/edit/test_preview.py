"""Previews: at the portrait, at the newest picture in full, and quick ones of every generator."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Edit, Frame, Maps, Portrait, Translation
from pipeline.edit.preview import Anchor, preview
from pipeline.edit.preview_level import Level
from pipeline.edit.render import render
from postprocess.own_pixels.motions import Motion
from postprocess.steps.carry_over import Settings
from tests.postprocess.own_pixels.test_ageing import ageing
from tests.postprocess.own_pixels.test_face_frame import whole_face
from tests.support.toy_models import SPACE, ToyEncoder, ToyModels, portrait_image

COARSE = Level(0.5, 16)


@pytest.fixture
def models() -> ToyModels:
    return ToyModels()


@pytest.fixture
def portrait() -> Portrait:
    image = portrait_image(1)
    return Portrait("portrait", image, ToyEncoder().encode([image])[0], SPACE)


def edit(models: ToyModels, strength: float, name: str = "Bp_max") -> Edit:
    return Edit("edit", ((models.translations[name], strength),))


def anchor(portrait: Portrait, models: ToyModels, strength: float) -> Anchor:
    """A picture in full that no preview could know: something was painted over it."""
    (frame,) = render(portrait, [edit(models, strength)], models)  # type: ignore[arg-type]
    image = frame.image.copy()
    image[:20] = 77
    return Anchor(edit(models, strength), image)


def test_without_an_edit_a_preview_is_the_portrait(portrait: Portrait, models: ToyModels) -> None:
    known = anchor(portrait, models, 1.0)
    for other in (None, known):
        assert (preview(portrait, edit(models, 0.0), models, COARSE, other) == portrait.image).all()  # type: ignore[arg-type]


def test_a_preview_moves_the_way_the_full_picture_does(portrait: Portrait, models: ToyModels) -> None:
    (frame,) = render(portrait, [edit(models, 1.0)], models)  # type: ignore[arg-type]
    shown = preview(portrait, edit(models, 1.0), models, Level(1.0, 32)).astype(float)  # type: ignore[arg-type]
    full, before = frame.image.astype(float), portrait.image.astype(float)
    assert np.abs(shown - full).mean() < 0.35 * np.abs(before - full).mean()


def test_a_preview_of_the_newest_picture_in_full_is_that_picture(portrait: Portrait, models: ToyModels) -> None:
    known = anchor(portrait, models, 0.8)
    shown = preview(portrait, edit(models, 0.8), models, COARSE, known)  # type: ignore[arg-type]
    assert np.abs(shown.astype(int) - known.image).max() <= 1
    alone = preview(portrait, edit(models, 0.8), models, COARSE)  # type: ignore[arg-type]
    assert np.abs(alone.astype(int) - known.image).max() > 20


def test_a_level_shows_the_same_whatever_was_shown_before(portrait: Portrait, models: ToyModels) -> None:
    known = anchor(portrait, models, 0.8)
    for level in (COARSE, Level(1.0, 32)):
        for used in (None, known):
            shown = preview(portrait, edit(models, 0.4), models, level, used)  # type: ignore[arg-type]
            untouched = replace(portrait, maps=Maps()), used and replace(used, maps=Maps())
            fresh = preview(untouched[0], edit(models, 0.4), models, level, untouched[1])  # type: ignore[arg-type]
            assert (shown == fresh).all()


def test_a_preview_leaves_torch_its_threads(portrait: Portrait, models: ToyModels) -> None:
    """Full pictures need them all."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        preview(portrait, edit(models, 0.4), models, COARSE)  # type: ignore[arg-type]
        assert models.generator.elastic and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@given(st.floats(-2, 2), st.floats(0.1, 2))
def test_an_anchor_counts_as_far_as_an_edit_goes_its_way(strength: float, anchored: float) -> None:
    way = np.random.default_rng(0).normal(size=(2, 24)).astype(np.float32)
    known = Anchor(Edit("edit", ((Translation("Bp_max", SPACE, way[None]), anchored),)), portrait_image(1))
    assert known.share(strength * way) == pytest.approx(min(max(strength / anchored, 0), 1), abs=1e-3)


def test_a_preview_of_a_photograph_moves_its_own_pixels(models: ToyModels, portrait: Portrait) -> None:
    """As the step does: nothing of the generator is in it."""
    models.motions = {"Bp_max": Motion(np.full((8, 8, 2), (0.1, 0), np.float32))}
    models.parser = SimpleNamespace(labels=lambda images: np.ones((len(images), *images[0].shape[:2]), np.uint8))  # type: ignore[attr-defined]
    photograph = replace(portrait, crop=object(), maps=Maps())
    shown = preview(photograph, edit(models, 1.0), models, COARSE)  # type: ignore[arg-type]
    frame = Frame(photograph, edit(models, 1.0), portrait.image, np.ones(portrait.image.shape[:2], np.float32))
    (full,) = Settings().open(models, models.device)([frame])  # type: ignore[arg-type]
    assert (shown == full.image).all() and (shown != portrait.image).any()
    assert (preview(photograph, edit(models, 1.0), models, COARSE, motion=0.0) != shown).any()  # type: ignore[arg-type]
    mixed = Edit("edit", (*edit(models, 1.0).moves, *edit(models, 0.5, "Hc_0").moves))
    assert (preview(photograph, mixed, models, COARSE) != shown).any()  # type: ignore[arg-type]


def test_a_preview_of_an_older_portrait_has_its_wrinkles(models: ToyModels, portrait: Portrait) -> None:
    """As the step has them, in rendered portraits too."""
    side = len(portrait.image)
    labels = cv2.resize(whole_face(), (side, side), interpolation=cv2.INTER_NEAREST)
    axes = np.zeros((2, portrait.latent.shape[1]), np.float32)  # type: ignore[union-attr]
    axes[0, 0] = 1
    models.ageing = replace(ageing(1.0), axes=axes)
    models.parser = SimpleNamespace(labels=lambda images: np.stack([labels] * len(images)))  # type: ignore[attr-defined]
    path = np.zeros((1, *portrait.latent.shape), np.float32)  # type: ignore[union-attr]
    path[..., 0] = 1.0
    older = Edit("A_2", ((Translation("A_2", portrait.space, path), 1.0),))
    shown = preview(portrait, older, models, COARSE)  # type: ignore[arg-type]
    frame = Frame(portrait, older, portrait.image, np.ones((side, side), np.float32))
    (full,) = Settings().open(models, models.device)([frame])  # type: ignore[arg-type]
    assert (shown == full.image).all() and (shown != portrait.image).any()
