"""Elementwise operations of a StyleGAN2 layer with hand-written first derivatives.

Autograd's gradients make many passes over the large feature maps; these make few passes and allocations, which dominate
a training step on a CPU. Second derivatives, which the regularisation of path lengths takes, are autograd's.
"""

from typing import Any

import torch
from torch import Tensor

SLOPE = 0.2
WIDE = 48
"""Channels from which on a map of products is cheaper than a matrix product of which only the diagonal is needed."""


def rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H * W, C), without a copy where the memory is channels-last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def channel_products(a: Tensor, b: Tensor) -> Tensor:
    """Sum over the pixels of a * b, both (B, C, H, W) -> (B, C)."""
    if a.shape[1] > WIDE:
        return (rows(a) * rows(b)).sum(1)
    return torch.matmul(rows(a).transpose(1, 2), rows(b)).diagonal(dim1=1, dim2=2)


class Modulate(torch.autograd.Function):
    """x * scale, channel by channel."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        """(B, C, H, W), (B, C) -> (B, C, H, W)."""
        ctx.save_for_backward(x, scale)
        return x * scale[:, :, None, None]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, scale = ctx.saved_tensors
        return grad * scale[:, :, None, None], channel_products(grad, x)


def activate(x: Tensor, scale: Tensor, noise: Tensor, strength: Tensor, bias: Tensor) -> Tensor:
    """`Activate`, or in an exported net the same in plain operations, none of which makes a constant of its size."""
    if torch.compiler.is_compiling():
        return torch.nn.functional.leaky_relu(
            x * scale[:, :, None, None] + noise * strength + bias[:, None, None], SLOPE
        )
    out: Tensor = Activate.apply(x, scale, noise, strength, bias)
    return out


class Activate(torch.autograd.Function):
    """leaky_relu(x * scale + strength * noise + bias), overwriting x; `scale` must be positive."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, noise: Tensor, strength: Tensor, bias: Tensor) -> Tensor:
        """(B, C, H, W), (B, C), (1 or B, 1, H, W), (1,), (C,) -> (B, C, H, W)."""
        offset = (noise.permute(0, 2, 3, 1) * strength + bias).permute(0, 3, 1, 2)
        torch.addcmul(offset, x, scale[:, :, None, None], out=x)
        torch.nn.functional.leaky_relu_(x, SLOPE)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x, scale, noise, strength, bias)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, Tensor, Tensor]:
        y, scale, noise, strength, bias = ctx.saved_tensors
        # x is overwritten; x * scale = y / slope - offset, and the slope cancels against the one in `inner`.
        outer = channel_products(grad, y)
        inner = torch.ops.aten.leaky_relu_backward(grad, y, SLOPE, True)
        flat_noise = noise.flatten(1).expand(len(y), -1)
        sums = torch.matmul(torch.stack((torch.ones_like(flat_noise), flat_noise), 1), rows(inner))
        plain, noisy = sums.unbind(1)
        grad_scale = (outer - bias * plain - strength * noisy) / scale
        factor = scale[:, :, None, None]
        # In place only where no second derivative needs `inner`.
        grad_x = inner * factor if torch.is_grad_enabled() else inner.mul_(factor)
        return grad_x, grad_scale, None, noisy.sum().view(1), plain.sum(0)
