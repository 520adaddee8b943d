"""Recipe of the restorer: a small NAFNet that undoes blur, noise, compression and the generator's softness."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.tensors import UNIT, to_tensor, to_uint8
from pipeline.training import augment
from pipeline.training.generated_images import generated_images
from pipeline.training.recipe import Batch, Moment, PartRecipe

CROP = 64
GENERATED_SHARE = 0.4


def degrade(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A blurred, shrunk, noisy and compressed copy of images (B, H, W, 3); about one in ten stays as it is."""
    out = images.copy()
    for i in np.flatnonzero(rng.random(len(images)) < 0.9):
        image, size = images[i], images.shape[1]
        if rng.random() < 0.6:
            image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 2.5)))
        if rng.random() < 0.5:
            less = int(size * rng.uniform(0.3, 0.9))
            small = cv2.resize(image, (less, less), interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
        if rng.random() < 0.5:
            sigma = rng.uniform(1, 12)
            grain = sigma * rng.standard_normal(image.shape, dtype=np.float32)
            image = np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)
        out[i] = image
    return augment.jpeg(out, rng, share=0.4)


class RestorerRecipe(PartRecipe):
    """L1 and gradient loss on crops; once there is a generator, part of the batch is its picture against the render."""

    rate = 1e-3
    batch_size = 16
    minutes = 10.0
    memory_format = torch.contiguous_format  # spandrel's layer norm is six times slower on channels last

    @cached_property
    def generated(self) -> np.ndarray | None:
        """The generator's pictures of the renders' z, or None while there is no generator."""
        return generated_images(self.context, self.data, self.data.rgb.shape[1])

    def build(self) -> nn.Module:
        """The NAFNet: RGB in 0..1 to RGB in 0..1."""
        from postprocess.restoration import build_restorer

        net: nn.Module = build_restorer()
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Poor and clean crops, both (B, 3, CROP, CROP) in -1..1."""
        index = np.sort(rng.integers(0, len(self.data), self.batch_size))
        drawn = np.zeros(len(index), bool)
        if self.generated is not None:
            drawn = rng.random(len(index)) < GENERATED_SHARE
            index[drawn] %= len(self.generated)
        clean = np.array(self.data.rgb[index])
        poor = degrade(clean, rng)
        if self.generated is not None:
            poor[drawn] = self.generated[index[drawn]]
        top, left = rng.integers(0, max(clean.shape[1] - CROP, 0) + 1, 2)
        window = (slice(None), slice(top, top + CROP), slice(left, left + CROP))
        return to_tensor(poor[window]), to_tensor(clean[window])

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """L1 plus half the L1 of the gradients, of images in 0..1."""
        error = net(batch[0] / 2 + 0.5) - (batch[1] / 2 + 0.5)
        slope = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
        return error.abs().mean() + 0.5 * slope

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """PSNR (dB) before and after on degraded, clean and, if there are any, generated pictures."""
        from pipeline.core.images import psnr

        rng = np.random.default_rng(1)
        clean = np.asarray(self.context.held_out.rgb[:64])
        sets = {"degraded": degrade(clean, rng), "clean": clean}
        drawn = generated_images(self.context, self.context.held_out, clean.shape[1])
        if drawn is not None:
            sets["generated"] = np.asarray(drawn[:64])
        figures = {}
        for name, images in sets.items():
            restored = np.concatenate([self._restore(net, images[i : i + 8]) for i in range(0, len(images), 8)])
            figures[f"psnr_{name}_before"] = float(np.mean([psnr(a, b) for a, b in zip(images, clean, strict=True)]))
            figures[f"psnr_{name}_after"] = float(np.mean([psnr(a, b) for a, b in zip(restored, clean, strict=True)]))
        return figures

    def _restore(self, net: nn.Module, images: np.ndarray) -> np.ndarray:
        return to_uint8(net(to_tensor(images, None, self.context.device, UNIT)), UNIT)
