"""Random latents with style mixing, and random noise images."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.training.gan.settings import MIXING
from projection.nets.generator import Generator


def styles_used(resolution: int) -> int:
    """Number of styles that an image of this size depends on."""
    return 2 * resolution.bit_length() - 4


def mixed_latents(net: Generator, count: int, resolution: int, mixing: float = MIXING) -> Tensor:
    """W+ (count, n_style, dim): of one random z, or with probability `mixing` of two, from a random layer on."""
    device = net.input["input"].device
    first, second = net.get_style(torch.randn(2, count, net.style_dim).to(device))
    used = styles_used(resolution)
    change = torch.where(torch.rand(count) < mixing, torch.randint(1, used, (count,)), net.n_style).to(device)
    later = torch.arange(net.n_style, device=device) >= change[:, None]
    return torch.where(later[:, :, None], second[:, None], first[:, None])


def noise_images(net: Generator, count: int) -> list[Tensor]:
    """Standard normal noise (count, 1, H, W) for every layer."""
    return [torch.randn(count, *noise.shape[1:]).to(noise.device) for noise in net.noises.all()]
