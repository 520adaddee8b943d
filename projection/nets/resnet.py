"""ResNet encoder and attribute predictor, in the layout of torchvision's and Anycost's checkpoints."""

from collections.abc import Sequence

import torch
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import Tensor

BOTTLENECK_FROM = 16
"""Number of blocks from which a ResNet has bottlenecks, as ResNet-50 (3 + 4 + 6 + 3)."""


class Predictor(ResNet):
    """(B, 3, H, W) in -1..1 -> (B, n_outputs). Layers (3, 4, 6, 3) and 80 outputs: Anycost's attribute predictor."""

    def __init__(self, channels: Sequence[int], layers: Sequence[int], n_outputs: int) -> None:
        block = Bottleneck if sum(layers) >= BOTTLENECK_FROM else BasicBlock
        super().__init__(block, tuple(layers), channels=tuple(channels), num_classes=n_outputs)


class Encoder(Predictor):
    """(B, 3, H, W) in -1..1 -> W+ (B, n_style, style_dim), as offsets from the mean latent."""

    mean_latent: Tensor

    def __init__(self, channels: Sequence[int], layers: Sequence[int], n_style: int, style_dim: int) -> None:
        super().__init__(channels, layers, n_style * style_dim)
        self.n_style = n_style
        self.register_buffer("mean_latent", torch.zeros(style_dim))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).unflatten(1, (self.n_style, -1)) + self.mean_latent
