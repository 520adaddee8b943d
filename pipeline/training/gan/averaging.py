"""Running average of the generator's weights, which is what is kept of a training."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

from pipeline.training.gan.settings import EMA_KIMG, EMA_RAMP_UP

Net = TypeVar("Net", bound=nn.Module)


def averaged_copy(net: Net) -> Net:
    """A copy that takes part in the training only through `average`."""
    return copy.deepcopy(net).eval().requires_grad_(False)


def decay(images: int, batch_size: int) -> float:
    """Decay of the average in a step: half in 10 / 32 thousand images by batch size, or in 5 % of those so far."""
    half_life = min(EMA_KIMG * batch_size * 1000, EMA_RAMP_UP * images)
    return float(0.5 ** (batch_size / max(half_life, 1e-8)))


@torch.no_grad()
def average(into: nn.Module, net: nn.Module, kept: float) -> None:
    """Move the average towards the net: `kept` (0..1) of it remains."""
    for mean, value in zip(into.parameters(), net.parameters(), strict=True):
        if value.requires_grad:
            mean.lerp_(value, 1 - kept)
