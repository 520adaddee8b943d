from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.errors import BadInput
from pipeline.core.types import Frame, Portrait
from postprocess.steps.detail import Settings, difference
from tests.support.labelled_scene import CPU, edit, labels, picture


class BlurringModels:
    """A generator that loses fine detail and shifts the colours."""

    def __init__(self, portrait: np.ndarray) -> None:
        self.portrait, self.calls = portrait, 0

    @property
    def generator(self) -> BlurringModels:
        return self

    def render(self, latents: Any, *, size: int) -> np.ndarray:
        assert latents.shape == (1, 2, 2)
        assert size == len(self.portrait)
        self.calls += 1
        return self.seen(self.portrait)[None]

    @staticmethod
    def seen(image: np.ndarray) -> np.ndarray:
        return np.clip(cv2.GaussianBlur(image, (0, 0), 1.5).astype(int) + 7, 0, 255).astype(np.uint8)


def case() -> tuple[Frame, np.ndarray, BlurringModels]:
    """A frame whose edit reddens the nose and removes the hair, the true result, and the generator."""
    classes = labels(64)
    before = picture(classes, 3)
    true = before.copy()
    true[classes == 10] = np.clip(true[classes == 10] + np.array([12, -8, -8]), 0, 255)
    true[classes == 17] = (200, 60, 90)
    models = BlurringModels(before)
    portrait = Portrait("p", before, np.zeros((2, 2), np.float32), "toy")
    return Frame(portrait, edit("Bn_max"), models.seen(true), np.ones((64, 64), np.float32)), true, models


def error(frame: Frame, true: np.ndarray, where: np.ndarray) -> float:
    return float(np.square(frame.image[where].astype(float) - true[where]).mean())


def test_the_result_is_nearer_to_the_true_change_everywhere() -> None:
    frame, true, models = case()
    (result,) = Settings().open(models, CPU)([frame])
    for label, better in ((0, 0.5), (1, 0.5), (10, 0.5), (17, 1.05)):
        where = labels(64) == label
        assert error(result, true, where) < better * error(frame, true, where), label


def test_an_unedited_render_becomes_the_portrait() -> None:
    frame, _, models = case()
    plain = replace(frame, image=models.seen(frame.portrait.image))
    (result,) = Settings().open(models, CPU)([plain])
    assert np.array_equal(result.image, frame.portrait.image)


def test_a_great_change_takes_nothing_of_the_old() -> None:
    frame, _, models = case()
    inverse = replace(frame, image=np.where(models.seen(frame.portrait.image) > 127, 0, 255).astype(np.uint8))
    (result,) = Settings(tolerance=10).open(models, CPU)([inverse])
    assert np.array_equal(result.image, inverse.image)


def test_the_reconstruction_is_rendered_once() -> None:
    frame, _, models = case()
    step = Settings().open(models, CPU)
    step([frame, frame])
    step([frame])
    assert models.calls == 1


def test_outside_the_support_the_portrait_stays() -> None:
    frame, _, models = case()
    support = np.zeros((64, 64), np.float32)
    support[20:40] = 0.5
    image = np.where(support[..., None] > 0, frame.image, frame.portrait.image)
    (result,) = Settings().open(models, CPU)([replace(frame, image=image, support=support)])
    assert (result.support <= support).all()
    assert np.array_equal(result.image[support == 0], frame.portrait.image[support == 0])


def test_without_a_latent_one_sentence_says_so() -> None:
    frame, _, models = case()
    bare = Portrait("p", frame.portrait.image, None, "toy")
    with pytest.raises(BadInput, match="p has no latent"):
        Settings().open(models, CPU)([replace(frame, portrait=bare)])


def test_the_support_shrinks_to_what_changes() -> None:
    frame, _, models = case()
    (result,) = Settings().open(models, CPU)([frame])
    assert (result.support <= frame.support).all()
    assert result.support[labels(64) == 17].mean() > 0.9  # the hair is gone
    assert result.support[labels(64) == 0].mean() < 0.5
    assert np.array_equal(result.image[result.support == 0], frame.portrait.image[result.support == 0])
    (same,) = Settings(faint=0).open(models, CPU)([frame])
    assert np.array_equal(same.support, frame.support)


def test_difference_is_that_of_the_largest_channel() -> None:
    black = np.zeros((9, 9, 3), np.uint8)
    assert difference(black + np.uint8([3, 40, 7]), black, 2).tolist() == [[40] * 9] * 9
