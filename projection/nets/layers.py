"""Layers of StyleGAN2: equalised linear layer, pixel normalisation, low-pass filter."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projection.nets.fused import SLOPE, convolve

GAIN = math.sqrt(2.0)  # of each leaky ReLU (StyleGAN2's fused_lrelu)
EPS = 1e-8


class EqualLinear(nn.Module):
    """Linear layer with equalised learning rate (Progressive GAN, section 4.1): weights are scaled at run time."""

    def __init__(self, n_in: int, n_out: int, bias: float = 0.0, lr_mul: float = 1.0, activate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / lr_mul)
        self.bias = nn.Parameter(torch.full((n_out,), float(bias)))
        self.lr_mul, self.scale, self.activate = lr_mul, lr_mul / math.sqrt(n_in), activate

    def forward(self, x: Tensor, n_out: int | None = None) -> Tensor:
        """(B, n_in) -> (B, n_out): the first rows, as a sub-generator needs them; all if None."""
        out = F.linear(x, self.weight[:n_out] * self.scale, self.bias[:n_out] * self.lr_mul)
        return F.leaky_relu(out, SLOPE) * GAIN if self.activate else out


class PixelNorm(nn.Module):
    """Latent vectors scaled to unit mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + EPS)


class Fir(nn.Module):
    """StyleGAN2's [1, 3, 3, 1] low-pass filter; the buffer exists because checkpoints hold it."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
        self.register_buffer("kernel", torch.outer(taps, taps))

    def blur(self, x: Tensor) -> Tensor:
        """(B, C, 2n + 1, 2n + 1) from a transposed convolution -> (B, C, 2n, 2n)."""
        c = x.shape[1]
        return convolve(x, self.kernel.expand(c, 1, 4, 4), padding=1, groups=c)

    def upsample(self, x: Tensor) -> Tensor:
        """(B, C, n, n) -> (B, C, 2n, 2n), zeros beyond the border (few channels: the skip image)."""
        c = x.shape[1]
        return F.conv_transpose2d(x, self.kernel.expand(c, 1, 4, 4), stride=2, padding=1, groups=c)
