"""Recipe of the depth net: a small DPT that learns the inverse depth of the renders as it is, in 0..1."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.images import resize
from pipeline.core.tensors import to_tensor
from pipeline.training import augment
from pipeline.training.data import DEPTH_SCALE
from pipeline.training.recipe import Batch, Moment, PartRecipe


def gradient_loss(guess: Tensor, truth: Tensor, levels: int = 3) -> Tensor:
    """Mean absolute gradient of the error (B, H, W) at `levels` scales (MiDaS, Ranftl et al. 2020, eq. 11)."""
    error, total = guess - truth, guess.new_zeros(())
    for level in range(levels):
        part = error[:, :: 2**level, :: 2**level]
        total = total + part.diff(dim=1).abs().mean() + part.diff(dim=2).abs().mean()
    return total / levels


class DepthRecipe(PartRecipe):
    """L1 and gradient loss: the world's depth has one fixed scale, so nothing needs to be aligned first."""

    rate = 1.5e-3
    weight_decay = 1e-2
    batch_size = 16
    minutes = 10.0

    def build(self) -> nn.Module:
        """The DPT of the config: RGB in -1..1 to inverse depth (B, H, W)."""
        from postprocess.nets.dpt import DPT

        net = DPT(**self.config)
        nn.init.constant_(net.scratch.output_conv[4].bias, 0.5)  # a negative start dies in the last ReLU
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in -1..1 and inverse depth (B, S, S) in 0..1, S the input size."""
        index = np.sort(rng.integers(0, len(self.data), self.batch_size))
        images, depth = self._pairs(self.data.small(self.input_size)[index], self.data.depth[index])
        mirrored = rng.random(len(index)) < 0.5
        images[mirrored], depth[mirrored] = images[mirrored][:, :, ::-1], depth[mirrored][:, :, ::-1]
        x = augment.colour(to_tensor(augment.soften(images, rng, share=0.4)), rng)
        maps = augment.placement(len(index), rng)
        x = augment.noise(augment.warp(x, maps), rng)
        return x, augment.warp(torch.from_numpy(depth)[:, None], maps)[:, 0]

    def _pairs(self, images: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = (self.input_size, self.input_size)
        inverse = [cv2.resize(d.astype(np.float32) / DEPTH_SCALE, size, interpolation=cv2.INTER_AREA) for d in depth]
        return np.array(images), np.stack(inverse)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """L1 plus half the gradient loss."""
        guess = net(batch[0])
        return (guess - batch[1]).abs().mean() + 0.5 * gradient_loss(guess, batch[1])

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Mean absolute error of the inverse depth, and IoU of the foreground, both at the renders' size."""
        from pipeline.quality.metrics import mask_iou
        from postprocess.depth import foreground

        held = self.context.held_out
        error, overlap = [], []
        for start in range(0, len(held), 16):
            images = np.stack([resize(np.asarray(i), self.input_size) for i in held.rgb[start : start + 16]])
            guesses = net(to_tensor(images).to(self.context.device)).cpu().numpy()
            for guess, stored in zip(guesses, held.depth[start : start + 16], strict=True):
                truth = stored.astype(np.float32) / DEPTH_SCALE
                large = cv2.resize(guess, truth.shape[::-1], interpolation=cv2.INTER_CUBIC)
                error.append(float(np.abs(large - truth).mean()))
                overlap.append(mask_iou(foreground(large), foreground(truth)))
        return {"mean_absolute_error": float(np.mean(error)), "foreground_iou": float(np.mean(overlap))}
