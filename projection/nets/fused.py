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


def convolve(x: Tensor, kernel: Tensor, *, padding: int = 0, up: bool = False, groups: int = 1) -> Tensor:
    """Convolution, with `up` a transposed one of stride 2; through a frozen kernel without keeping its input."""
    if x.requires_grad and torch.is_grad_enabled() and not kernel.requires_grad:
        out: Tensor = ConvolveFrozen.apply(x, kernel, padding, up, groups)
        return out
    return _convolution(x, kernel, padding, up, groups)


def _convolution(x: Tensor, kernel: Tensor, padding: int, up: bool, groups: int) -> Tensor:
    if up:
        return torch.nn.functional.conv_transpose2d(x, kernel, stride=2, padding=padding, groups=groups)
    return torch.nn.functional.conv2d(x, kernel, padding=padding, groups=groups)


class ConvolveFrozen(torch.autograd.Function):
    """Convolution of which only the input has a gradient: autograd's keeps its input, for the kernel's gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, padding: int, up: bool, groups: int) -> Tensor:
        """As `convolve`."""
        ctx.save_for_backward(kernel)
        ctx.how = x.shape, padding, up, groups
        return _convolution(x, kernel, padding, up, groups)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        (kernel,), (shape, padding, up, groups) = ctx.saved_tensors, ctx.how
        stride, paddings = (2, 2) if up else (1, 1), (padding, padding)
        nothing = grad.new_empty(1).expand(shape)  # its values do not matter
        grad_x, _, _ = torch.ops.aten.convolution_backward(
            grad, nothing, kernel, None, stride, paddings, (1, 1), up, (0, 0), groups, (True, False, False)
        )
        return grad_x, None, None, None, None


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
