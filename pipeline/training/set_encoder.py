"""Encoder of a model set of the user's own, trained on what its generator draws."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.model_sets import ModelSet
from pipeline.core.tensors import shrink
from pipeline.downloads.own_sets import require_own
from pipeline.models import Models
from pipeline.training.encoder_loss import encoder_loss, fresh_encoder
from pipeline.training.loop import Budget
from pipeline.training.recipe import Batch, MeasuredRecipe, Moment
from pipeline.training.set_net import train_set_net
from projection.generator import LatentGenerator

NOISE = 0.03
"""Deviation of the noise on the images that the encoder sees, in -1..1."""
HELD_OUT, HELD_OUT_SEED, AT_ONCE = 200, 900_000_000, 20
LARGEST = 128
"""Input size in pixels, at most."""


@dataclass(frozen=True)
class EncoderSettings:
    """Size of the encoder and its batches.

    Attributes:
        width: Channels of the first of four stages; the others have 2, 3 and 4 times as many.
        batch_size: Images of a step.
        rate: Peak learning rate.
        seed: Of weights and batches.
    """

    width: int = 48
    batch_size: int = 16
    rate: float = 1.5e-3
    seed: int = 0


class SetEncoderRecipe(MeasuredRecipe):
    """Random latents of W and the images drawn of them, see `encoder_loss`."""

    weight_decay = 1e-3
    autocast = True

    def __init__(self, generator: LatentGenerator, settings: EncoderSettings) -> None:
        self.generator, self.settings = generator, settings
        self.rate, self.batch_size = settings.rate, settings.batch_size
        self.input_size = min(LARGEST, generator.resolution)
        self.config: dict[str, Any] = {
            "channels": [settings.width * each for each in (1, 2, 3, 4)],
            "layers": [1, 1, 1, 1],
            "n_style": generator.n_style,
            "style_dim": generator.dim,
        }
        self.mean = generator.mean_latent.clone()
        deviation = generator.deviation
        self.deviation = deviation.clamp(min=0.3 * float(deviation.max()))

    def signature(self) -> str:
        """The set's space, the net and the settings."""
        return f"{super().signature()} {self.generator.space} {json.dumps(self.config)} {self.settings}"

    def network(self) -> nn.Module:
        """The encoder with fresh weights."""
        return fresh_encoder(self.config, self.mean.cpu(), self.deviation.cpu())

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """z (B, dim), standard normal: what is drawn of it is computed on the device of the nets."""
        return (torch.from_numpy(rng.standard_normal((self.batch_size, self.generator.dim), np.float32)),)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Loss on the images of the batch, seen with a little noise."""
        with torch.no_grad():
            target = self.generator.map(batch[0])
            clean = self.draw(target)
        out = net(clean + NOISE * torch.randn(clean.shape).to(clean)).float()
        return encoder_loss(out, target, self.deviation, self.draw, clean, at.progress)

    def draw(self, latents: Tensor) -> Tensor:
        """Images (B, 3, S, S) of latents, S the input size."""
        level = self.input_size if self.generator.elastic else None
        return shrink(self.generator.synthesize(latents, resolution=level), self.input_size)

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Squared error of w in deviations, and PSNR (dB) of the images drawn of the net's latents and of the mean one.

        On latents that are in no training.
        """
        source = torch.Generator().manual_seed(HELD_OUT_SEED)
        figures = []
        for z in torch.randn(HELD_OUT, self.generator.dim, generator=source).split(AT_ONCE):
            w = self.generator.map(z)
            image = self.draw(w)
            out = net(image).float()
            error = ((out - w[:, None]) / self.deviation).square().mean()
            drawn = self.draw(out), self.draw(self.mean.expand_as(w))
            psnr = (-10 * torch.log10(F.mse_loss(each.clamp(-1, 1), image.clamp(-1, 1)) / 4) for each in drawn)
            figures.append([float(error), *map(float, psnr)])
        error, psnr, of_mean = np.mean(figures, 0)
        return {"w_error": float(error), "psnr": float(psnr), "psnr_of_mean_w": float(of_mean)}


def train_set_encoder(
    models: Models,
    settings: EncoderSettings,
    budget: Budget,
    checkpoint: Path,
    log: Callable[[str], None],
) -> tuple[ModelSet, Mapping[str, float]]:
    """Train an encoder for a set of the user's own and add it to the set; also its held-out figures.

    Args:
        checkpoint: Resumed if it exists; written every two minutes and at the end.

    Raises:
        BadInput: A set that is not the user's own, a checkpoint of other settings, or a loss that is not finite.
        MissingWeights: The set's generator is not here.
    """
    require_own(models.set.name)
    recipe = SetEncoderRecipe(models.generator, settings)
    about = {
        "what": f"encoder to {models.space}, trained on what its generator draws",
        "settings": json.dumps({**recipe.config, "rate": settings.rate, "batch_size": settings.batch_size}),
    }
    config = {"input_size": recipe.input_size, **recipe.config}
    return train_set_net(models, "encoder", recipe, settings.seed, config, about, budget, checkpoint, log)
