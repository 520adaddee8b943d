"""Inversion finds latents, whatever the optimiser, and portraits do not disturb each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from pipeline.core.errors import BadConfig
from pipeline.core.tensors import to_tensor
from projection.encoder import LatentEncoder
from projection.generator import LatentGenerator
from projection.inversion.objective import Objective, size_at
from projection.inversion.optimise import optimise
from projection.inversion.project import KNOWN_PSNR, project, unknown_face_warning
from projection.inversion.settings import ProjectionSettings
from projection.perceptual import ParserFeatures
from tests.support.recorder import Recorder


def settings(**changes: Any) -> ProjectionSettings:
    return ProjectionSettings(**{"n_iter": 40, "start_resolution": 8, "patience": 40} | changes)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_improves_on_the_start_and_reports_what_it_returns(
    optimizer: str, generator: LatentGenerator, encoder: LatentEncoder, perceptual: ParserFeatures, images: np.ndarray
) -> None:
    start = project(images, generator, encoder, perceptual, settings(n_iter=0))
    np.testing.assert_array_equal(start.latents, encoder.encode(images))
    np.testing.assert_array_equal(start.loss, start.start_loss)
    found = project(images, generator, encoder, perceptual, settings(optimizer=optimizer))
    assert found.latents.shape == (3, generator.n_style, generator.dim) and found.latents.dtype == np.float32
    assert (found.loss < 0.5 * found.start_loss).all() and (found.psnr > start.psnr + 3).all()
    np.testing.assert_array_equal(found.recon, generator.render(found.latents))
    error = np.square(found.recon.astype(float) - images).mean((1, 2, 3))
    np.testing.assert_allclose(found.psnr, 10 * np.log10(255**2 / error), rtol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("subgenerators", [False, True])
def test_a_portrait_does_not_depend_on_its_batch(
    optimizer: str, subgenerators: bool, generator: LatentGenerator, encoder: LatentEncoder, images: np.ndarray
) -> None:
    # The tolerance lets the portraits leave the batch at different times.
    how = settings(optimizer=optimizer, n_iter=20, patience=3, tolerance=0.05, random_subgenerators=subgenerators)
    together = project(images, generator, encoder, None, how)
    for i in range(len(images)):
        alone = project(images[i : i + 1], generator, encoder, None, how)
        np.testing.assert_allclose(alone.loss, together.loss[i : i + 1], rtol=1e-2)
        np.testing.assert_allclose(alone.latents[0], together.latents[i], atol=0.02)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_same_input_same_bytes(optimizer: str, generator: LatentGenerator, images: np.ndarray) -> None:
    how = settings(optimizer=optimizer, n_iter=6, random_subgenerators=True)
    first, second = (project(images, generator, None, None, how) for _ in range(2))
    assert first.latents.tobytes() == second.latents.tobytes()


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_half_precision_finds_what_float32_finds_and_reports_float32(
    optimizer: str,
    generator: LatentGenerator,
    encoder: LatentEncoder,
    perceptual: ParserFeatures,
    images: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("projection.inversion.objective.half_precision", lambda _: torch.bfloat16)
    whole, half = (
        project(images[:1], generator, encoder, perceptual, settings(optimizer=optimizer, precision=precision))
        for precision in ("float32", "bfloat16")
    )
    assert not np.array_equal(half.latents, whole.latents)
    assert half.psnr[0] > whole.psnr[0] - 1 and half.loss[0] < 0.5 * half.start_loss[0]
    objective = Objective(to_tensor(images[:1], 32, "cpu"), generator, encoder, perceptual, settings())
    again = objective.losses(torch.from_numpy(half.latents), [0], 32)
    np.testing.assert_allclose(half.loss, again, rtol=1e-4)


def test_the_perceptual_net_is_in_half_precision_in_a_search_alone(
    generator: LatentGenerator, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projection.inversion.objective.half_precision", lambda _: torch.bfloat16)
    seen = []

    class Watching:
        def features(self, x: torch.Tensor) -> list[torch.Tensor]:
            seen.append((torch.is_autocast_enabled("cpu"), x.dtype))
            return [x.to(torch.bfloat16) if seen[-1][0] else x]

    target = to_tensor(images[:1], 32, "cpu")
    objective = Objective(target, generator, None, Watching(), settings(precision="bfloat16"))
    latents = generator.mean_latent.repeat(1, generator.n_style, 1)
    losses = [objective.losses(latents, [0], 32, exact=exact) for exact in (False, True)]
    assert seen == [(False, torch.float32), (True, torch.float32), (False, torch.float32)]
    assert all(loss.dtype is torch.float32 for loss in losses)
    assert losses[0] == pytest.approx(float(losses[1]), rel=0.05)


def test_half_precision_is_float32_where_it_does_not_pay(
    generator: LatentGenerator, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projection.inversion.objective.half_precision", lambda _: torch.float32)
    whole, half = (
        project(images, generator, None, None, settings(n_iter=3, precision=precision)).latents
        for precision in ("float32", "bfloat16")
    )
    np.testing.assert_array_equal(half, whole)


def test_no_weight_gets_a_gradient(
    generator: LatentGenerator, encoder: LatentEncoder, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = []
    backward = torch.ops.aten.convolution_backward

    def watched(*args: Any) -> Any:
        masks.append(args[-1])
        return backward(*args)

    monkeypatch.setattr(torch.ops.aten, "convolution_backward", watched)
    project(images, generator, encoder, None, settings(n_iter=2))
    assert masks and set(masks) == {(True, False, False)}
    assert all(weight.grad is None for net in (generator.net, encoder.net) for weight in net.parameters())


def test_lbfgs_evaluates_about_once_an_iteration(generator: LatentGenerator, images: np.ndarray) -> None:
    class Counted(Objective):
        count = 0

        def losses(self, *args: Any, **more: Any) -> torch.Tensor:
            Counted.count += 1
            return super().losses(*args, **more)

    how = settings(optimizer="lbfgs", n_iter=20, coarse_share=0)
    objective = Counted(to_tensor(images[:1], 32, "cpu"), generator, None, None, how)
    optimise(objective, generator.mean_latent.clone().repeat(1, generator.n_style, 1), how)
    assert 20 < Counted.count < 35


def test_never_worse_than_the_start(generator: LatentGenerator, latents: torch.Tensor, images: np.ndarray) -> None:
    class Knows:
        """An encoder whose guess is right already."""

        def encode(self, _: np.ndarray, in_torch: bool = False) -> np.ndarray:
            return latents.numpy()

    wild = settings(learning_rate=10, n_iter=5)
    found = project(images, generator, Knows(), None, wild)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.latents, latents.numpy())
    np.testing.assert_array_equal(found.loss, found.start_loss)


def test_finished_portraits_stop(generator: LatentGenerator, images: np.ndarray) -> None:
    progress = Recorder()
    impatient = settings(n_iter=200, patience=2, tolerance=0.9, coarse_share=0)
    project(images, generator, None, None, impatient, progress=progress)
    done = [at for _, at, _ in progress.steps]
    assert len(done) < 20 and progress.steps[-1][1:] == (200, 200) and done == sorted(done)


@pytest.mark.parametrize(("optimizer", "total"), [("adam", 8), ("lbfgs", 24)])
def test_progress_counts_to_the_end(optimizer: str, total: int, generator: LatentGenerator, images: np.ndarray) -> None:
    progress = Recorder()
    project(images, generator, None, None, settings(optimizer=optimizer, n_iter=8), progress)
    done = [at for _, at, _ in progress.steps]
    assert done == sorted(done) and set(range(1, total + 1)) == set(done)
    assert all(of == total and re.fullmatch(r"projecting, loss \d+\.\d{4}", text) for text, _, of in progress.steps)


def test_the_encoder_weight_keeps_latents_near_the_encoder(
    generator: LatentGenerator, encoder: LatentEncoder, images: np.ndarray
) -> None:
    def gap(weight: float) -> float:
        found = project(images, generator, encoder, None, settings(encoder=weight))
        return float(np.abs(encoder.encode(found.recon) - found.latents).mean())

    assert gap(1.0) < 0.7 * gap(0.0)


def test_only_elastic_generators_are_narrowed(
    make_generator: Callable[..., LatentGenerator], images: np.ndarray
) -> None:
    rigid = make_generator(elastic=False)
    with pytest.raises(BadConfig, match="not elastic"):
        project(images, rigid, None, None, settings(random_subgenerators=True))
    found = project(images, rigid, None, None, settings(n_iter=10))  # coarse-to-fine works on shrunk pictures
    assert (found.loss < found.start_loss).all()


def test_encoder_weight_needs_an_encoder(generator: LatentGenerator, images: np.ndarray) -> None:
    with pytest.raises(BadConfig, match="no encoder"):
        project(images, generator, None, None, settings(encoder=0.1))


def test_pictures_of_any_size_inside_no_grad(generator: LatentGenerator, images: np.ndarray) -> None:
    large = images.repeat(2, axis=1).repeat(2, axis=2)
    with torch.inference_mode():
        found = project(large, generator, None, None, settings(n_iter=3))
    assert found.recon.shape == images.shape


def test_sizes_go_from_coarse_to_fine() -> None:
    assert [size_at(i, 10, [8, 16, 32], 0.4) for i in range(10)] == [8, 8, 16, 16, 32, 32, 32, 32, 32, 32]
    assert {size_at(i, 10, [8, 16, 32], 0.0) for i in range(10)} == {32}
    assert {size_at(i, 10, [32], 0.4) for i in range(10)} == {32}


def test_settings_are_checked() -> None:
    with pytest.raises(ValidationError):
        ProjectionSettings(n_iter=-1)
    with pytest.raises(ValidationError):
        ProjectionSettings(iterations=3)  # type: ignore[call-arg]
    assert all(field.description for field in ProjectionSettings.model_fields.values())


def test_an_unknown_face_is_answered_with_the_real_sets() -> None:
    assert unknown_face_warning(KNOWN_PSNR, "demo") is None
    assert unknown_face_warning(5.0, "ffhq-stylegan2") is None
    text = unknown_face_warning(15.04, "demo")
    assert text and "15.0 dB" in text and "ffhq-stylegan2" in text and "rendered portraits only" in text
    assert unknown_face_warning(19.3, "demo", 25.0, 0.2) is None
    for identity in (None, 1.3):  # a cat, say: tuned, any picture is reached
        strange = unknown_face_warning(20.7, "demo", 24.8, identity)
        assert strange and strange.startswith("The latent alone reaches only 20.7 dB and shows somebody else: ")
    assert unknown_face_warning(15.04, "demo", 18.2).startswith("The reconstruction reaches only 18.2 dB")  # type: ignore[union-attr]
