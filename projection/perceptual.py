"""Perceptual distance between images for the loss of the inversion: LPIPS, or features of the face parser."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from pipeline.core.tensors import shrink
from pipeline.core.weights import load_state

MAX_SIZE = 256
"""Side in pixels that larger images are shrunk to: LPIPS was calibrated on small ones; Anycost projects at 256."""


class Perceptual(Protocol):
    """Features whose squared difference is a distance; those of a fixed target are computed once."""

    def features(self, x: Tensor) -> list[Tensor]:
        """Weighted feature maps of (B, 3, H, H) in -1..1."""


def distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Distance (B,) of images by their `features`: sum over the levels of the mean squared differences."""
    levels = [(x - y).square().sum(1).mean((1, 2)) for x, y in zip(a, b, strict=True)]
    return torch.stack(levels).sum(0)


def unit(x: Tensor) -> Tensor:
    """Feature vector of each pixel scaled to length 1 (Zhang et al. 2018, section 3)."""
    return x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt()


class LpipsVgg:
    """LPIPS 0.1 (Zhang et al. 2018) on VGG-16."""

    def __init__(self, net: Any, device: torch.device | str = "cpu") -> None:
        self.net = net.to(device).eval().requires_grad_(False)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From torchvision's VGG-16 weights; the calibration comes with the lpips package. Raises MissingWeights."""
        import lpips

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # lpips requests random weights by a deprecated argument
            net = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False, **config)
        trunk = load_state(path)
        net.net.load_state_dict({key: trunk["features." + key.split(".", 1)[1]] for key in net.net.state_dict()})
        return cls(net, device)

    def features(self, x: Tensor) -> list[Tensor]:
        """See `Perceptual`."""
        maps = self.net.net(self.net.scaling_layer(shrink(x, MAX_SIZE)))
        return [unit(level) * head.model[-1].weight.sqrt() for level, head in zip(maps, self.net.lins, strict=True)]


class ParserFeatures:
    """Feature maps of the face parser's backbone: a small net trained on the parts of a face."""

    def __init__(self, maps: Callable[[Tensor], list[Tensor]]) -> None:
        self._maps = maps

    def features(self, x: Tensor) -> list[Tensor]:
        """See `Perceptual`."""
        maps = self._maps(shrink(x, MAX_SIZE))
        return [unit(level) / len(maps) ** 0.5 for level in maps]
