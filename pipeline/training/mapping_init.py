"""Analytic weights of the generator's mapping network: W is linear in the parameters of the portrait world."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.world.parameters import LAWS, sample_z
from projection.nets.generator import Generator, ModulatedConv
from projection.nets.layers import GAIN, EqualLinear

# Offset that keeps all inputs of the leaky rectifiers in their linear part.
LIFT = 4.0
SEED = 200_000_000


@torch.no_grad()
def set_mapping(net: Generator) -> None:
    """Set the mapping network so that the first axes of W are the standardised parameters, which training approximates.

    Each parameter is a known function of one coordinate of z: linear for normal laws, a ramp (the difference of two
    leaky rectifiers) for switches and uniform laws. LIFT keeps them linear through the remaining layers. The
    modulations are centred on the mean of W, so that the synthesis starts as if it were 0.

    Raises:
        ValueError: The layers have fewer units than the parameters need.
    """
    first, *others = (layer for layer in net.style if isinstance(layer, EqualLinear))
    weight, bias = torch.zeros_like(first.weight), torch.zeros_like(first.bias)
    combine, count, unit = torch.zeros_like(weight), len(LAWS), 0
    for i, law in enumerate(LAWS.values()):
        if law.kind == "normal":
            weight[unit, i], bias[unit], combine[i, unit] = 1, LIFT, 1
            unit += 1
            continue
        quantiles = torch.tensor([law.low, law.high] if law.kind == "switch" else [0.06, 0.94])
        for knot, sign in zip(torch.special.ndtri(quantiles), (1, -1), strict=True):
            weight[unit, i], bias[unit], combine[i, unit] = 1, -knot, sign
            unit += 1
    if unit > net.style_dim:
        raise ValueError(f"{count} parameters need {unit} units; the mapping network has {net.style_dim}.")
    _set(first, weight, bias)
    z = sample_z(20_000, SEED).to(weight.device)
    hidden = first(z) @ combine.t()
    mean, std = hidden.mean(0), hidden.std(0)
    scale = torch.where(torch.arange(len(std), device=std.device) < count, 1 / std.clamp(min=1e-6), 0.0)
    lift = torch.where(scale > 0, LIFT, 0.0)
    _set(others[0], combine * scale[:, None], lift - mean * scale)
    for layer in others[1:]:
        _set(layer, torch.diag((scale > 0) / GAIN), torch.zeros_like(bias))
    centre = net.get_style(z).mean(0)
    for module in net.modules():
        if isinstance(module, ModulatedConv):
            change = module.modulation.weight @ centre * module.modulation.scale
            module.modulation.bias.copy_(1 - change)


def _set(layer: EqualLinear, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight / layer.scale)
    layer.bias.copy_(bias / layer.lr_mul)
