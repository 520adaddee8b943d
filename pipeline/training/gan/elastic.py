"""Elastic training: sub-nets of random width and resolution that draw what the full net draws (Anycost, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.tensors import shrink
from pipeline.training.gan.settings import RATIOS
from projection.nets.generator import Generator

FULL_SHARE, NARROW_SHARE = 0.5, 0.5
CONSISTENCY = 1.0
"""Weight of the distance to the full net beside the adversarial loss."""


@dataclass(frozen=True)
class SubNet:
    """A generator of `ratio` of the channels that stops at `resolution` pixels."""

    resolution: int
    ratio: float = 1.0


def draw_sub_net(rng: np.random.Generator, levels: Sequence[int]) -> SubNet:
    """A random one: the first level half of the time, else one of the others; all channels half of the time.

    With a single level the full net: the training is not elastic.
    """
    if len(levels) == 1:
        return SubNet(levels[0])
    level = levels[0] if rng.random() < FULL_SHARE else int(rng.choice(levels[1:]))
    return SubNet(level, float(rng.choice(RATIOS)) if rng.random() < NARROW_SHARE else 1.0)


def consistency(images: Tensor, net: Generator, latents: Tensor, noise: Sequence[Tensor], full: SubNet) -> Tensor:
    """Distance of a sub-net's images (B, 3, R, R) to those of the full net for the same latents, shrunk to R.

    L1, and the squared distance at a quarter of the size. The full net gets no gradient.
    """
    with torch.no_grad():
        whole = net(latents, noise=noise, target_res=full.resolution)
        assert isinstance(whole, Tensor)
        target = shrink(whole, images.shape[-1])
    coarse = images.shape[-1] // 4
    return F.l1_loss(images, target) + F.mse_loss(shrink(images, coarse), shrink(target, coarse))
