"""Pivotal tuning (Roich et al. 2021): the generator's weights are fitted to one portrait, its latent stays fixed.

An inversion reaches only images in the generator's range. The latent keeps its place in W, so translations keep their
meaning.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image, Tuning

WELL_SHOWN = 25.0
"""PSNR in dB from which a latent alone shows a portrait so well that tuning does not improve its edits.

Measured with the demo set: on rendered portraits (mean 27.8 dB) the region gain of edits falls from 0.42 to 0.36 with a
tuning; photographs below 24 dB become other people without one.
"""

if TYPE_CHECKING:
    from torch import Tensor

    from projection.generator import LatentGenerator
    from projection.inversion.settings import ProjectionSettings
    from projection.nets.generator import Generator
    from projection.perceptual import Perceptual


def tuning_steps(asked: int | None, of_the_set: int, psnr: float) -> int:
    """Steps for a portrait: those asked for, or those of its model set where its latent reaches little (`psnr`, dB)."""
    return asked if asked is not None else of_the_set if psnr < WELL_SHOWN else 0


def with_steps(settings: ProjectionSettings, steps: int) -> ProjectionSettings:
    """The settings with a number of tuning steps."""
    return settings.model_copy(update={"tuning": settings.tuning.model_copy(update={"steps": steps})})


def tune(
    image: Image,
    latent: Floats,
    generator: LatentGenerator,
    perceptual: Perceptual | None,
    settings: ProjectionSettings,
    progress: Progress = SILENT,
) -> Tuning:
    """Change of the weights with which `generator` renders `image` from `latent`; deterministic.

    Adam on the inversion's loss of pixels and features at the generator's resolution.

    Args:
        image: uint8 (H, W, 3).
        latent: (n_style, dim).
        perceptual: Perceptual features; without them pixels alone count.
        progress: One step per iteration; may raise to stop.

    Returns:
        Differences by key of the weights of lowest loss, float16.
    """
    import torch

    from pipeline.core.tensors import to_tensor
    from projection.perceptual import distance

    how, steps = settings.tuning, settings.tuning.steps or 0
    # Callers may have disabled gradients; half precision would round small steps to zero.
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(generator.device.type, enabled=False):
        before = tunable(generator.net)
        own = generator.tuned({key: np.zeros(weight.shape, np.float16) for key, weight in before.items()})
        weights = {key: weight.requires_grad_() for key, weight in tunable(own.net).items()}
        target = to_tensor([image], own.resolution, own.device)
        wanted = perceptual.features(target) if perceptual else []
        pivot = torch.from_numpy(np.array(latent)[None]).to(target)
        optimizer = torch.optim.Adam(weights.values())
        best, lowest = before, math.inf
        for step in range(steps + 1):
            picture = own.synthesize(pivot)
            loss = settings.mse * (picture - target).square().mean()
            if perceptual:
                loss = loss + settings.perceptual * distance(perceptual.features(picture), wanted).sum()
            value = loss.item()
            progress.step(f"tuning, loss {value:.4f}", step, steps)
            if value < lowest:
                best, lowest = {key: weight.detach().clone() for key, weight in weights.items()}, value
            error = (picture.detach().clamp(-1, 1) - target).square().mean().item()
            if step == steps or error < 4 * 10 ** (-how.enough / 10):
                break
            optimizer.param_groups[0]["lr"] = how.rate * 0.5 * (1 + math.cos(math.pi * step / steps))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    return {key: (weight - before[key]).half().cpu().numpy() for key, weight in best.items()}


def tunable(net: Generator) -> dict[str, Tensor]:
    """Weights to tune, by key: the kernels of all convolutions, ToRGB's included, without their modulation.

    Measured on the demo set: all weights, or modulations alone, need more steps; kernels from 64 pixels on alone give
    equal reconstructions, but edits farther from the true counterfactuals and narrow previews that differ.
    """
    return {key: weight for key, weight in net.named_parameters() if key.endswith("conv.weight")}
