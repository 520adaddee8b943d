"""Loss and start of an encoder from images to W+: regression of the latent, then reconstruction by the generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from projection.nets.resnet import Encoder

REGRESSION_SHARE = 0.45


def fresh_encoder(config: Mapping[str, Any], mean: Tensor, deviation: Tensor) -> Encoder:
    """The encoder of a config: RGB in -1..1 to W+; untrained outputs have about the mean and deviation (dim,) of W."""
    net = Encoder(**config)
    with torch.no_grad():  # outputs are offsets from the mean latent
        net.mean_latent.copy_(mean)
        net.fc.weight.mul_(deviation.repeat(net.n_style)[:, None])
        net.fc.bias.zero_()
    return net


def encoder_loss(
    out: Tensor, target: Tensor, deviation: Tensor, draw: Callable[[Tensor], Tensor], clean: Tensor, progress: float
) -> Tensor:
    """Squared error of w in deviations of W for the first share of the budget, then mostly the reconstruction error.

    The reconstruction (L1 and gradients) moves from W to W+; a small penalty on the spread of the styles keeps latents
    editable by directions (e4e, Tov et al. 2021, section 4).

    Args:
        out: Latents (B, n_style, dim) from the net.
        target: True w (B, dim).
        deviation: Of W, (dim,).
        draw: Images (B, 3, S, S) of latents, differentiable.
        clean: The images to reconstruct, (B, 3, S, S) in -1..1.
        progress: Used share of the budget, 0..1.
    """
    regression = ((out - target[:, None]) / deviation).square().mean()
    if progress < REGRESSION_SHARE:
        return regression
    with torch.autocast(out.device.type, enabled=False):  # the generator has a precision of its own
        drawn = draw(out)
    error = (drawn - clean) / 2
    slope = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    spread = ((out - out.mean(1, keepdim=True)) / deviation).square().mean()
    return 0.2 * regression + 8 * (error.abs().mean() + 0.5 * slope) + 0.02 * spread
