"""Losses of StyleGAN2: non-saturating logistic loss, R1, path lengths."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake: Tensor) -> Tensor:
    """Non-saturating loss of the logits (B,) of generated images (Goodfellow et al. 2014)."""
    return F.softplus(-fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Logistic loss of the logits (B,) of real and generated images."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Mean squared gradient of the logits by the images (B, 3, R, R) (Mescheder et al. 2018), without its weight.

    The images are those that the discriminator sees, after the augmentation.
    """
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return slopes.square().sum((1, 2, 3)).mean()


def path_lengths(synthesis: Callable[[Tensor], Tensor], latents: Tensor) -> Tensor:
    """Length (B,) of the change of an image in a random direction by the latents W+ (StyleGAN2, section 3.2)."""
    if not latents.requires_grad:
        latents = latents.detach().requires_grad_()
    images = synthesis(latents)
    noise = torch.randn_like(images) / math.sqrt(images.shape[2] * images.shape[3])
    (slopes,) = torch.autograd.grad((images * noise).sum(), latents, create_graph=True)
    return slopes.square().sum(2).mean(1).sqrt()
