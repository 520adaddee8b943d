"""Encoder of encoder4editing (e4e), with the key layout of ``e4e_ffhq_encode.pt`` (its `encoder.*` and `latent_avg`).

Tov et al., *Designing an Encoder for StyleGAN Image Manipulation* (SIGGRAPH 2021), section 4: a squeeze-and-excitation
ResNet of face recognition, a feature pyramid, and for each style a small net that reads one level of it.
"""

import math
from collections.abc import Sequence

import torch
from timm.layers import SEModule
from torch import Tensor, nn
from torch.nn import functional as F

from projection.nets.layers import EqualLinear

FINER_FROM = (3, 7)
"""First styles that read the second and the third, finest level of the pyramid."""


class Bottleneck(nn.Module):
    """Residual unit of ArcFace's IR-SE networks: batch norm first, the stride in the second convolution."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if n_in != n_out:
            self.shortcut_layer = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(n_in),
            nn.Conv2d(n_in, n_out, 3, padding=1, bias=False),
            nn.PReLU(n_out),
            nn.Conv2d(n_out, n_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            SEModule(n_out, rd_channels=n_out // 16, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.res_layer(x) + self.shortcut_layer(x)


class StyleBlock(nn.Module):
    """Map (B, n_in, size, size), halved down to one pixel -> one style (B, dim)."""

    def __init__(self, n_in: int, dim: int, size: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(int(math.log2(size))):
            layers += [nn.Conv2d(dim if i else n_in, dim, 3, stride=2, padding=1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualLinear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.convs(x).flatten(1))


class E4e(nn.Module):
    """(B, 3, size, size) in -1..1 -> W+ (B, n_style, style_dim): a common style, and an offset for each but the first.

    Args:
        n_style, style_dim: Shape of a latent.
        channels, layers: Widths and numbers of blocks of the four stages.
        size: Side of the images in pixels, a power of two >= 32.
    """

    latent_avg: Tensor

    def __init__(
        self,
        n_style: int = 18,
        style_dim: int = 512,
        channels: Sequence[int] = (64, 128, 256, 512),
        layers: Sequence[int] = (3, 4, 14, 3),
        size: int = 256,
    ) -> None:
        super().__init__()
        width = channels[0]
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        body: list[nn.Module] = []
        for n_out, count in zip(channels, layers, strict=True):
            for i in range(count):
                body.append(Bottleneck(width, n_out, stride=1 if i else 2))
                width = n_out
        self.body = nn.Sequential(*body)
        self.stage_ends = [sum(layers[: i + 1]) - 1 for i in range(4)]
        self.styles = nn.ModuleList(
            StyleBlock(width, style_dim, size // 16 * 2 ** sum(i >= first for first in FINER_FROM))
            for i in range(n_style)
        )
        self.latlayer1 = nn.Conv2d(channels[2], width, 1)
        self.latlayer2 = nn.Conv2d(channels[1], width, 1)
        self.register_buffer("latent_avg", torch.zeros(n_style, style_dim))

    def pyramid(self, x: Tensor) -> list[Tensor]:
        """Maps of equal width at strides 16, 8 and 4."""
        x = self.input_layer(x)
        stages = []
        for i, block in enumerate(self.body):
            x = block(x)
            if i in self.stage_ends:
                stages.append(x)
        levels = [stages[3]]
        for lateral, finer in ((self.latlayer1, stages[2]), (self.latlayer2, stages[1])):
            coarse = F.interpolate(levels[-1], size=finer.shape[2:], mode="bilinear", align_corners=True)
            levels.append(coarse + lateral(finer))
        return levels

    def codes(self, x: Tensor) -> Tensor:
        """(B, 3, size, size) in -1..1 -> offsets from the mean latent (B, n_style, style_dim)."""
        levels = self.pyramid(x)
        read = [style(levels[sum(i >= first for first in FINER_FROM)]) for i, style in enumerate(self.styles)]
        return torch.stack([read[0], *(read[0] + offset for offset in read[1:])], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.codes(x) + self.latent_avg
