"""Small fully convolutional net that says of every cell of a picture whether a face is there, and the like.

Centres and offsets instead of anchors follow Zhou et al., "Objects as Points" (2019); the levels are joined as in Lin
et al., "Feature Pyramid Networks for Object Detection" (CVPR 2017).
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F


class _Block(nn.Module):
    """Residual: depthwise 5 x 5, then twice as wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 2 * width, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * width, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.layers(x)
        return out


def _down(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class PyramidNet(nn.Module):
    """(B, 3, H, W) in -1..1 -> (B, outputs, h, w), whose cells are those of the third level from the end.

    Args:
        channels: Width of each level, the first at half the picture's size; H and W are divisible by that of the last.
        blocks: Number of residual blocks of each level.
        outputs: Numbers for each cell.
    """

    def __init__(self, channels: Sequence[int], blocks: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList()
        for narrower, width, count in zip((3, *channels), channels, blocks, strict=False):
            self.levels.append(nn.Sequential(_down(narrower, width), *(_Block(width) for _ in range(count))))
        finest, middle, coarsest = channels[-3:]
        self.narrow = nn.ModuleList([nn.Conv2d(coarsest, middle, 1), nn.Conv2d(middle, finest, 1)])
        self.join = nn.ModuleList([_Block(middle), _Block(finest)])
        self.head = nn.Sequential(_Block(finest), nn.ReLU(), nn.Conv2d(finest, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for level in self.levels:
            x = level(x)
            seen.append(x)
        for narrow, join, finer in zip(self.narrow, self.join, seen[-2:-4:-1], strict=True):
            x = join(finer + F.interpolate(narrow(x), scale_factor=2.0, mode="nearest"))
        out: Tensor = self.head(x)
        return out
