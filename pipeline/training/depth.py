"""Recipe of the depth net: a small DPT trained on the inverse depth of the renders, in 0..1."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.quality.metrics import mask_iou
from pipeline.training import augment
from pipeline.training.data import DEPTH_SCALE, RenderSet
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.depth import foreground
from postprocess.nets.dpt import DPT


def gradient_loss(guess: Tensor, truth: Tensor, levels: int = 3) -> Tensor:
    """Mean absolute gradient of the error (B, H, W) at `levels` scales (MiDaS, Ranftl et al. 2020, eq. 11)."""
    error, total = guess - truth, guess.new_zeros(())
    for level in range(levels):
        part = error[:, :: 2**level, :: 2**level]
        total = total + part.diff(dim=1).abs().mean() + part.diff(dim=2).abs().mean()
    return total / levels


class DepthRecipe(PartRecipe):
    """L1 and gradient loss without scale alignment: `inverse_depth` gives every head the same relief."""

    rate = 1.5e-3
    weight_decay = 1e-2
    minutes = 40.0
    autocast = True
    photographs = True

    def build(self) -> nn.Module:
        """The DPT of the config: RGB in -1..1 to inverse depth (B, H, W)."""
        net = DPT(**self.config)
        nn.init.constant_(net.scratch.output_conv[4].bias, 0.5)  # the last ReLU has no gradient at negative values
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in -1..1 and inverse depth (B, S, S) in 0..1, S the input size."""
        rows, size = self.draw(rng), (self.input_size, self.input_size)
        stored = [inverse.astype(np.float32) / DEPTH_SCALE for inverse in self.data.depth[rows]]
        depth = np.stack([cv2.resize(inverse, size, interpolation=cv2.INTER_AREA) for inverse in stored])
        images, mirrored = np.array(self.data.small(self.input_size)[rows]), rng.random(len(rows)) < 0.5
        images[mirrored], depth[mirrored] = images[mirrored][:, :, ::-1], depth[mirrored][:, :, ::-1]
        x, maps = augment.disturb(augment.photographed(images, rng), rng, turn=12.0)
        return x, augment.warp(torch.from_numpy(depth)[:, None], maps)[:, 0]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """L1 plus half the gradient loss."""
        guess = net(batch[0]).float()
        return (guess - batch[1]).abs().mean() + 0.5 * gradient_loss(guess, batch[1])

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Mean absolute error of the inverse depth, and IoU of the foreground, at the renders' size, for both looks."""
        return {
            f"{prefix}{name}": value
            for prefix, held in self.held_out.items()
            for name, value in self._figures(net, held).items()
        }

    def _figures(self, net: nn.Module, held: RenderSet) -> dict[str, float]:
        error, overlap = [], []
        for guess, stored in zip(self.outputs(net, held.small(self.input_size), 16), held.depth, strict=True):
            truth = stored.astype(np.float32) / DEPTH_SCALE
            large = cv2.resize(guess, truth.shape[::-1], interpolation=cv2.INTER_CUBIC)
            error.append(float(np.abs(large - truth).mean()))
            overlap.append(mask_iou(foreground(large), foreground(truth)))
        return {"mean_absolute_error": float(np.mean(error)), "foreground_iou": float(np.mean(overlap))}
