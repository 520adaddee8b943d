"""BiSeNet for face parsing, with the key layout of face-parsing.PyTorch's ``79999_iter.pth``.

Yu et al., *BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation* (ECCV 2018), in the variant
with the stride-8 stage of its ResNet-18 as the spatial path. ``width`` scales all layers, 64 as published.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock, conv1x1


class ConvBNReLU(nn.Module):
    def __init__(self, n_in: int, n_out: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class ResNet18(nn.Module):
    """ResNet-18 without its classifier; channels are (1, 2, 4, 8) x width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._stage(width, width, 1)
        self.layer2 = self._stage(width, 2 * width, 2)
        self.layer3 = self._stage(2 * width, 4 * width, 2)
        self.layer4 = self._stage(4 * width, 8 * width, 2)

    @staticmethod
    def _stage(n_in: int, n_out: int, stride: int) -> nn.Sequential:
        shortcut = None
        if stride != 1 or n_in != n_out:
            shortcut = nn.Sequential(conv1x1(n_in, n_out, stride), nn.BatchNorm2d(n_out))
        return nn.Sequential(BasicBlock(n_in, n_out, stride, shortcut), BasicBlock(n_out, n_out))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> feature maps at strides 2, 4, 8, 16, 32."""
        stem = F.relu(self.bn1(self.conv1(x)))
        maps = [stem, self.layer1(F.max_pool2d(stem, 3, stride=2, padding=1))]
        for stage in (self.layer2, self.layer3, self.layer4):
            maps.append(stage(maps[-1]))
        return maps


class AttentionRefinement(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv = ConvBNReLU(n_in, n_out)
        self.conv_atten = nn.Conv2d(n_out, n_out, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        pooled = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.bn_atten(self.conv_atten(pooled)))


class ContextPath(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        w = 2 * width
        self.resnet = ResNet18(width)
        self.arm16 = AttentionRefinement(4 * width, w)
        self.arm32 = AttentionRefinement(8 * width, w)
        self.conv_head32 = ConvBNReLU(w, w)
        self.conv_head16 = ConvBNReLU(w, w)
        self.conv_avg = ConvBNReLU(8 * width, w, kernel=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> spatial features at stride 8, context at stride 8, context at stride 16."""
        _, _, map8, map16, map32 = self.resnet(x)
        context = self.arm32(map32) + self.conv_avg(map32.mean((2, 3), keepdim=True))
        context16 = self.conv_head32(F.interpolate(context, size=map16.shape[2:], mode="nearest"))
        context = self.arm16(map16) + context16
        context8 = self.conv_head16(F.interpolate(context, size=map8.shape[2:], mode="nearest"))
        return map8, context8, context16


class FeatureFusion(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convblk = ConvBNReLU(channels, channels, kernel=1)
        self.conv1 = nn.Conv2d(channels, channels // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(channels // 4, channels, 1, bias=False)

    def forward(self, spatial: Tensor, context: Tensor) -> Tensor:
        x = self.convblk(torch.cat([spatial, context], dim=1))
        gate = torch.sigmoid(self.conv2(F.relu(self.conv1(x.mean((2, 3), keepdim=True)))))
        return x * gate + x


class Head(nn.Module):
    def __init__(self, n_in: int, n_mid: int, n_classes: int) -> None:
        super().__init__()
        self.conv = ConvBNReLU(n_in, n_mid)
        self.conv_out = nn.Conv2d(n_mid, n_classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv(x))


def enlarged(logits: Tensor, size: Sequence[int]) -> Tensor:
    """Logits (B, C, h, w) at another ``size`` (H, W), bilinearly."""
    return F.interpolate(logits, size=tuple(size), mode="bilinear", align_corners=True)


class BiSeNet(nn.Module):
    """Face parser: ``n_classes`` logits per pixel, computed at stride 8 and enlarged."""

    def __init__(self, n_classes: int = 19, width: int = 64) -> None:
        super().__init__()
        self.cp = ContextPath(width)
        self.ffm = FeatureFusion(4 * width)
        self.conv_out = Head(4 * width, 4 * width, n_classes)
        self.conv_out16 = Head(2 * width, width, n_classes)
        self.conv_out32 = Head(2 * width, width, n_classes)

    def features(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W), ImageNet-normalised -> the backbone's feature maps at strides 2, 4, 8, 16, 32."""
        return self.cp.resnet(x)

    def forward(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """(B, 3, H, W), ImageNet-normalised -> logits (B, n_classes, *size); ``size`` is (H, W) by default."""
        return enlarged(self.logits(x), size or x.shape[2:])

    def logits(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), ImageNet-normalised -> logits (B, n_classes, H / 8, W / 8)."""
        spatial, context, _ = self.cp(x)
        return self.conv_out(self.ffm(spatial, context))

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the main head and of two auxiliary ones for training; strides 8, 8 and 16."""
        spatial, context8, context16 = self.cp(x)
        return self.conv_out(self.ffm(spatial, context8)), self.conv_out16(context8), self.conv_out32(context16)
