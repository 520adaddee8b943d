"""A tuned generator draws the portrait from the latent it was found at, and the given generator stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import SpaceMismatch
from pipeline.core.images import psnr
from pipeline.core.types import Tuning
from projection.generator import LatentGenerator
from projection.inversion.settings import ProjectionSettings
from projection.inversion.tuning import tunable, tune
from projection.perceptual import ParserFeatures
from tests.support.recorder import Recorder


def settings(**changes: Any) -> ProjectionSettings:
    return ProjectionSettings(tuning={"steps": 60, "rate": 0.02, "enough": 99} | changes)  # type: ignore[arg-type]


@pytest.fixture
def latent(latents: torch.Tensor) -> np.ndarray:
    return latents[0].numpy()


@pytest.fixture
def stranger(make_generator: Callable[..., LatentGenerator], latent: np.ndarray) -> np.ndarray:
    """What another generator, a fifth away, makes of the latent: no latent of the first one draws it."""
    other, moved = make_generator(), make_generator(1)
    for weight, away in zip(other.net.parameters(), moved.net.parameters(), strict=True):
        weight.data.lerp_(away, 0.2)
    return other.render(latent[None])[0]


def fit(generator: LatentGenerator, latent: np.ndarray, image: np.ndarray) -> float:
    return psnr(generator.render(latent[None])[0], image)


def state(generator: LatentGenerator) -> dict[str, bytes]:
    return {key: value.numpy().tobytes() for key, value in generator.net.state_dict().items()}


def same(first: Tuning, second: Tuning) -> bool:
    return {key: value.tobytes() for key, value in first.items()} == {
        key: value.tobytes() for key, value in second.items()
    }


def test_the_portrait_is_learnt_and_the_generator_is_not_touched(
    generator: LatentGenerator, perceptual: ParserFeatures, latent: np.ndarray, stranger: np.ndarray
) -> None:
    before = state(generator)
    tuning = tune(stranger, latent, generator, perceptual, settings())
    assert state(generator) == before
    assert not any(weight.requires_grad for weight in generator.net.parameters())
    assert {key: change.shape for key, change in tuning.items()} == {
        key: tuple(weight.shape) for key, weight in tunable(generator.net).items()
    }
    assert all(change.dtype == np.float16 for change in tuning.values())
    own = generator.tuned(tuning)
    assert fit(own, latent, stranger) > fit(generator, latent, stranger) + 3
    assert not any(weight.requires_grad for weight in own.net.parameters())


def test_a_tuned_generator_is_one_of_the_same_space(generator: LatentGenerator, latent: np.ndarray) -> None:
    key = next(iter(tunable(generator.net)))
    shape = tuple(generator.net.get_parameter(key).shape)
    own = generator.tuned({key: np.full(shape, 0.5, np.float16)})
    assert (own.space, own.elastic, own.resolution) == (generator.space, generator.elastic, generator.resolution)
    torch.testing.assert_close(own.net.get_parameter(key), generator.net.get_parameter(key) + 0.5)
    assert own.net.style[1].weight is generator.net.style[1].weight  # type: ignore[index,union-attr]
    assert own.render(latent[None], ratio=0.5, resolution=16).shape == (1, 16, 16, 3)
    nothing = generator.tuned({key: np.zeros(shape, np.float16)})
    np.testing.assert_array_equal(nothing.render(latent[None]), generator.render(latent[None]))


def test_tunings_of_other_generators_are_refused(generator: LatentGenerator) -> None:
    key = next(iter(tunable(generator.net)))
    for tuning in ({"nowhere": np.zeros(1, np.float16)}, {key: np.zeros(1, np.float16)}):
        with pytest.raises(SpaceMismatch, match=f"{next(iter(tuning))} does not belong to tiny-32"):
            generator.tuned(tuning)


def test_same_input_same_bytes_whatever_the_caller_switched_off(
    generator: LatentGenerator, perceptual: ParserFeatures, latent: np.ndarray, stranger: np.ndarray
) -> None:
    first = tune(stranger, latent, generator, perceptual, settings(steps=4))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        second = tune(stranger, latent, generator, perceptual, settings(steps=4))
    assert same(first, second) and any(change.any() for change in first.values())


def test_enough_is_enough(generator: LatentGenerator, latent: np.ndarray, stranger: np.ndarray) -> None:
    start = fit(generator, latent, stranger)
    progress = Recorder()
    tuning = tune(stranger, latent, generator, None, settings(enough=start + 2), progress)
    assert 0 < progress.steps[-1][1] < 60 and all(most == 60 for _, _, most in progress.steps)
    # Rounding to eight bits and half precision costs a little.
    assert fit(generator.tuned(tuning), latent, stranger) > start + 1.9
    done = tune(stranger, latent, generator, None, settings(enough=start - 1))
    assert not any(change.any() for change in done.values())


def test_steps_that_are_too_large_do_no_harm(
    generator: LatentGenerator, latent: np.ndarray, stranger: np.ndarray
) -> None:
    tuning = tune(stranger, latent, generator, None, settings(rate=1, steps=3))
    assert fit(generator.tuned(tuning), latent, stranger) >= fit(generator, latent, stranger) - 0.1
