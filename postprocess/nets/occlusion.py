"""Small U-Net for the unoccluded part of an aligned face.

Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015); the skips are added, not
concatenated, and the finest level has half the image's size, so that a mask takes a few milliseconds on a CPU.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from torch import Tensor, device, nn
from torch.nn import functional as F

from pipeline.core.checkpoints import load_state


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class OcclusionNet(nn.Module):
    """(B, 3, H, W) in 0..1 -> logits (B, 1, H, W) of the visible face; H and W divisible by 2 to the number of levels.

    Args:
        channels: Width of each level, the first at half the image's size.
    """

    def __init__(self, channels: Sequence[int] = (16, 24, 32, 48, 64)) -> None:
        super().__init__()
        sizes = [3, *channels]
        self.down = nn.ModuleList(
            nn.Sequential(_conv(inputs, outputs, 2), *([_conv(outputs, outputs)] if level else []))
            for level, (inputs, outputs) in enumerate(pairwise(sizes))
        )
        finer, coarser = channels[:-1][::-1], channels[1:][::-1]
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(coarser, finer, strict=True))
        self.up = nn.ModuleList(_conv(width, width) for width in finer)
        self.head = nn.Conv2d(channels[0], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x * 2 - 1
        levels = []
        for down in self.down:
            x = down(x)
            levels.append(x)
        for narrow, up, skip in zip(self.narrow, self.up, reversed(levels[:-1]), strict=True):
            x = up(F.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False) + skip)
        return F.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=False)


def open_occluder(path: Path | str, config: Mapping[str, Any], on: device) -> OcclusionNet:
    """From a file; `config` holds the net's arguments and its input_size. Raises MissingWeights if unreadable."""
    net = OcclusionNet(**{key: value for key, value in config.items() if key != "input_size"}).to(on).eval()
    net.load_state_dict(load_state(path))
    return net
