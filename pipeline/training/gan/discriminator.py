"""Residual discriminator of StyleGAN2 with an entry for every trained resolution and the deviation of a minibatch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projection.nets.fused import SLOPE
from projection.nets.layers import EPS, GAIN, EqualLinear, Fir

GROUP = 4
"""Images over which the deviation is taken (Progressive GAN, section 3)."""


class EqualConv(nn.Module):
    """Convolution with equalised learning rate, leaky ReLU with gain; low-pass filtered and halved with `down`."""

    def __init__(self, n_in: int, n_out: int, kernel: int, down: bool = False, activate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(n_out)) if activate else None
        self.scale = 1 / math.sqrt(n_in * kernel**2)
        self.kernel, self.down, self.activate = kernel, down, activate
        if down:
            self.fir = Fir()

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, H, W) -> (B, n_out, H, W), or half of that size."""
        weight, padding, stride = self.weight * self.scale, self.kernel // 2, 1
        if self.down:
            c = x.shape[1]
            taps = (self.fir.kernel / self.fir.kernel.sum()).expand(c, 1, 4, 4)
            # A 1 x 1 kernel takes every second pixel; a 3 x 3 kernel needs one more row on either side.
            wide = self.kernel > 1
            x = F.conv2d(x, taps, padding=2 if wide else 1, stride=1 if wide else 2, groups=c)
            padding, stride = 0, 2 if wide else 1
        x = F.conv2d(x, weight, self.bias, stride=stride, padding=padding)
        return F.leaky_relu(x, SLOPE) * GAIN if self.activate else x


class Block(nn.Module):
    """Residual block that halves the size (StyleGAN2, figure 7c)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = EqualConv(n_in, n_in, 3)
        self.second = EqualConv(n_in, n_out, 3, down=True)
        self.skip = EqualConv(n_in, n_out, 1, down=True, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = (self.second(self.first(x)) + self.skip(x)) / math.sqrt(2)
        return out


class Discriminator(nn.Module):
    """Images (B, 3, R, R) in -1..1, R any of `levels`, to logits (B,): positive for real ones.

    Args:
        channels: Width at each resolution 4, 8, ...
        levels: Resolutions of the images, the largest one first.
    """

    def __init__(self, channels: Mapping[int, int], levels: Sequence[int]) -> None:
        super().__init__()
        self.levels = list(levels)
        widths = {int(size): int(width) for size, width in channels.items() if int(size) <= self.levels[0]}
        self.channels = widths
        self.from_rgb = nn.ModuleDict({str(size): EqualConv(3, widths[size], 1) for size in self.levels})
        sizes = sorted(widths, reverse=True)[:-1]
        self.blocks = nn.ModuleDict({str(size): Block(widths[size], widths[size // 2]) for size in sizes})
        last = widths[4]
        self.last = EqualConv(last + 1, last, 3)
        self.hidden = EqualLinear(16 * last, last, activate=True)
        self.logit = EqualLinear(last, 1)

    def forward(self, images: Tensor) -> Tensor:
        size = images.shape[-1]
        x = self.from_rgb[str(size)](images.contiguous(memory_format=torch.channels_last))
        while size > 4:
            x = self.blocks[str(size)](x)
            size //= 2
        x = self.last(with_deviation(x.float()))
        logits: Tensor = self.logit(self.hidden(x.flatten(1)))
        return logits[:, 0]

    def freeze(self, count: int) -> None:
        """Keep the first `count` blocks, from the largest size on, and the entries before them as they are."""
        for size in list(self.blocks)[:count]:
            self.blocks[size].requires_grad_(False)
            if size in self.from_rgb:
                self.from_rgb[size].requires_grad_(False)


def with_deviation(x: Tensor) -> Tensor:
    """(B, C, H, W) with one more channel: mean deviation of the features over groups of at most four images."""
    count = len(x)
    size = next(n for n in range(min(GROUP, count), 0, -1) if count % n == 0)
    groups = x.reshape(size, count // size, *x.shape[1:])
    deviation = (groups.var(0, unbiased=False) + EPS).sqrt().mean((1, 2, 3))
    channel = deviation.repeat(size).view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])
    return torch.cat((x, channel), 1)
