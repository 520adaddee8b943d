"""Recipe of the encoder from images to W+: regression of w, then reconstruction by the frozen generator."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.half import half_precision
from pipeline.core.tensors import batches, to_tensor
from pipeline.training import augment
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet
from pipeline.training.encoder_loss import encoder_loss, fresh_encoder
from pipeline.training.recipe import Batch, Moment, PartRecipe
from pipeline.world.latents import from_seen


class EncoderRecipe(PartRecipe):
    """Rendered people and their true w, see `encoder_loss`."""

    rate = 1.5e-3
    weight_decay = 1e-3
    minutes = 40.0
    autocast = True

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        # Opened here: weights opened in inference mode refuse gradients.
        self.generator = context.models.generator
        self.generator.net.eval().requires_grad_(False)
        self.generator.net.convolve_in(half_precision(context.device))
        self.latents = self._latents(context.renders)
        deviation = self.latents.std(0)
        # The last axes, which nothing uses, have a deviation of 0.
        self.mean, self.deviation = self.latents.mean(0), deviation.clamp(min=0.3 * float(deviation.max()))

    def _latents(self, renders: RenderSet) -> Tensor:
        return torch.from_numpy(from_seen(renders.seen, self.context.set.dim))

    def build(self) -> nn.Module:
        """The encoder of the config: RGB in -1..1 to W+; untrained outputs have about the mean and deviation of W."""
        return fresh_encoder(self.config, self.mean, self.deviation)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Softened images and clean ones, both (B, 3, S, S) in -1..1, S the input size; true w (B, dim)."""
        rows = self.draw(rng)
        clean = self.data.small(self.input_size)[rows]
        seen = augment.noise(to_tensor(augment.soften(clean, rng, share=0.3)), rng, 0.03)
        return seen, to_tensor(clean), self.latents[torch.from_numpy(rows)]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Regression of w in the first share of the budget, then mostly the error of the generated image."""
        seen, clean, target = batch
        out = net(seen).float()

        def draw(latents: Tensor) -> Tensor:
            return self.generator.net(latents, target_res=self.input_size)

        return encoder_loss(out, target, self.deviation.to(out.device), draw, clean, at.progress)

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Squared error of w, and PSNR (dB) of the image generated from the net's output and from the true w."""
        self.generator.net.convolve_in(None)  # as it is used
        held, device, figures = self.held_out[""], self.context.device, []
        images, latents = held.small(self.input_size)[:200], self._latents(held)[:200]
        for x, w in zip(batches(images, None, device, at_once=20), latents.split(20), strict=True):
            out, true = net(x), w[:, None].to(device)
            generated = [self.generator.net(w, target_res=self.input_size) for w in (out, true.expand_as(out))]
            quality = [-10 * torch.log10(F.mse_loss(image.clamp(-1, 1), x) / 4) for image in generated]
            figures.append([float(((out - true) / self.deviation.to(device)).square().mean()), *map(float, quality)])
        error, psnr, ceiling = np.mean(figures, 0)
        return {"w_error": float(error), "psnr": float(psnr), "psnr_of_true_w": float(ceiling)}
