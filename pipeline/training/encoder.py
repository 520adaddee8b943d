"""Recipe of the encoder: from a picture to W+, first by regression onto w, then through the frozen generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.training import augment
from pipeline.training.recipe import Batch, Moment, PartRecipe

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

REGRESSION_SHARE = 0.45


class EncoderRecipe(PartRecipe):
    """Mean squared error of w in units of W's deviation, then mostly the reconstruction at 128 pixels.

    Reconstruction (L1 and gradients) leaves W for W+; a small penalty on the spread of the styles keeps the result
    where directions still work (e4e, Tov et al. 2021, section 4).
    """

    rate = 1.5e-3
    weight_decay = 1e-3
    batch_size = 16
    minutes = 12.0

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.images = context.renders.small(self.input_size)
        # Opened here: under inference mode its weights would refuse gradients.
        self.generator = context.models.generator
        self.generator.net.eval().requires_grad_(False)
        self.latents = self._map(context.renders.z)
        deviation = self.latents.std(0)
        # Axes that the mapping never moves have no unit of their own.
        self.mean, self.deviation = self.latents.mean(0), deviation.clamp(min=0.3 * float(deviation.max()))

    @torch.inference_mode()
    def _map(self, z: np.ndarray) -> Tensor:
        w = self.generator.map(torch.from_numpy(z).to(self.context.device))
        return w.float().cpu().clone()

    def build(self) -> nn.Module:
        """The encoder of the config, whose first outputs lie about the mean latent and have W's own spread."""
        from projection.nets.resnet import Encoder

        net = Encoder(**self.config)
        # Outputs are offsets from the mean latent; the head's first ones have W's own size.
        with torch.no_grad():
            net.mean_latent.copy_(self.mean)
            net.fc.weight.mul_(self.deviation.repeat(net.n_style)[:, None])
            net.fc.bias.zero_()
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Softened images and clean ones, both (B, 3, S, S) in -1..1, S the input size; true w (B, dim)."""
        index = np.sort(rng.integers(0, len(self.images), self.batch_size))
        clean = to_tensor(self.images[index])
        seen = augment.noise(to_tensor(augment.soften(self.images[index], rng, share=0.3)), rng, 0.03)
        return seen, clean, self.latents[torch.from_numpy(index)]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Regression onto w at first, then through the generator, with the image's error outweighing that of w."""
        seen, clean, target = batch
        out = net(seen)
        scale = self.deviation.to(out.device)
        regression = ((out - target[:, None]) / scale).square().mean()
        if at.progress < REGRESSION_SHARE:
            return regression
        drawn = self.generator.net(out, target_res=self.input_size)
        error = (drawn - clean) / 2
        slope = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
        spread = ((out - out.mean(1, keepdim=True)) / scale).square().mean()
        return 0.2 * regression + 8 * (error.abs().mean() + 0.5 * slope) + 0.02 * spread

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Squared error of w, PSNR (dB) of the reconstruction, and that of the generator from the true w."""
        held, device = self.context.held_out, self.context.device
        images, target = held.small(self.input_size), self._map(held.z)
        scale, figures = self.deviation, []
        for start in range(0, min(len(held), 200), 20):
            x = to_tensor(images[start : start + 20]).to(device)
            out = net(x)
            true = target[start : start + 20, None].to(device)
            pictures = [self.generator.net(w, target_res=self.input_size) for w in (out, true.expand_as(out))]
            quality = [-10 * torch.log10(F.mse_loss(p.clamp(-1, 1), x) / 4) for p in pictures]
            figures.append([float(((out - true) / scale.to(device)).square().mean()), *map(float, quality)])
        error, psnr, ceiling = np.mean(figures, 0)
        return {"w_error": float(error), "psnr": float(psnr), "psnr_of_true_w": float(ceiling)}
