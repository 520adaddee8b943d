"""Recipe of the restorer: a small NAFNet against blur, noise, compression and the softness of generated images."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.images import psnr
from pipeline.core.tensors import UNIT, batches, to_tensor, to_uint8
from pipeline.core.types import Image
from pipeline.training import augment
from pipeline.training.generated_images import generated_images
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.restoration import build_restorer

CROP = 64


def degrade(images: Image, rng: np.random.Generator) -> Image:
    """Blurred, shrunk, noisy and compressed copies of images (B, S, S, 3); about one in ten keeps its sharpness."""
    out = images.copy()
    for i in np.flatnonzero(rng.random(len(images)) < 0.9):
        image, size = images[i], images.shape[1]
        if rng.random() < 0.6:
            image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 2.5)))
        if rng.random() < 0.5:
            image = augment.shrink_and_enlarge(image, int(size * rng.uniform(0.3, 0.9)))
        out[i] = augment.grain(image, rng, 1, 12) if rng.random() < 0.5 else image
    return augment.jpeg(out, rng, share=0.4)


def psnr_gain(
    restore: Callable[[Tensor], Tensor], poor: Image, clean: Image, device: torch.device, at_once: int
) -> tuple[list[float], list[float]]:
    """PSNR (dB) of images (N, H, W, 3) against the clean ones, before and after restoring, `at_once` per batch."""
    restored = [to_uint8(restore(x), UNIT) for x in batches(poor, None, device, UNIT, at_once)]
    before, after = (list(map(psnr, images, clean)) for images in (poor, np.concatenate(restored)))
    return before, after


class RestorerRecipe(PartRecipe):
    """L1 and gradient loss on crops; with a trained generator, also from its images to the renders."""

    rate = 1e-3
    minutes = 10.0
    memory_format = torch.contiguous_format  # spandrel's layer norm is six times slower on channels last

    def build(self) -> nn.Module:
        """The NAFNet: RGB in 0..1 to RGB in 0..1."""
        return build_restorer()

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Poor and clean crops, both (B, 3, CROP, CROP) in -1..1."""
        rows = self.draw(rng)
        chosen, generated = self.draw_generated(rows, rng)
        clean = np.array(self.data.rgb[rows])
        poor = degrade(clean, rng)
        poor[chosen] = generated
        top, left = rng.integers(0, max(clean.shape[1] - CROP, 0) + 1, 2)
        window = (slice(None), slice(top, top + CROP), slice(left, left + CROP))
        return to_tensor(poor[window]), to_tensor(clean[window])

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """L1 plus half the L1 of the gradients, of images in 0..1."""
        error = net(batch[0] / 2 + 0.5) - (batch[1] / 2 + 0.5)
        slope = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
        return error.abs().mean() + 0.5 * slope

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """PSNR (dB) before and after on degraded, clean and, if there are any, generated images."""
        clean = np.asarray(self.held_out[""].rgb[:64])
        sets = {"degraded": degrade(clean, np.random.default_rng(1)), "clean": clean}
        generated = generated_images(self.context, self.held_out[""], clean.shape[1])
        if generated is not None:
            sets["generated"] = np.asarray(generated[:64])
        figures: dict[str, float] = {}
        for name, images in sets.items():
            before, after = psnr_gain(net, images, clean, self.context.device, 8)
            figures |= {f"psnr_{name}_before": float(np.mean(before)), f"psnr_{name}_after": float(np.mean(after))}
        return figures
