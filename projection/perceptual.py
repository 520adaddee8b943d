"""How different two pictures look: distances between deep features, for the inversion's loss."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from pipeline.core.tensors import shrink
from pipeline.core.weights import load_state

MAX_SIZE = 256
"""Larger pictures are shrunk first: LPIPS was calibrated on small ones, and Anycost's projection compares at 256."""


class Perceptual(Protocol):
    """Features whose squared difference is a distance, so that those of a fixed target need computing only once."""

    def features(self, x: Tensor) -> list[Tensor]:
        """Weighted feature maps of (B, 3, H, H) in -1..1."""


def distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Distance (B,) of pictures given their `features`: over the levels, the sum of the mean squared differences."""
    levels = [(x - y).square().sum(1).mean((1, 2)) for x, y in zip(a, b, strict=True)]
    return torch.stack(levels).sum(0)


def unit(x: Tensor) -> Tensor:
    """Each pixel's feature vector scaled to length 1 (Zhang et al. 2018, section 3)."""
    return x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt()


class LpipsVgg:
    """LPIPS 0.1 (Zhang et al. 2018) on VGG-16."""

    def __init__(self, net: Any, device: torch.device | str = "cpu") -> None:
        self.net = net.to(device).eval().requires_grad_(False)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> LpipsVgg:
        """From torchvision's VGG-16 weights; the calibration comes with the lpips package. `config` is empty."""
        import lpips

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # lpips asks torchvision for random weights in an old way
            net = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False, **config)
        trunk = load_state(path)
        net.net.load_state_dict({key: trunk["features." + key.split(".", 1)[1]] for key in net.net.state_dict()})
        return cls(net, device)

    def features(self, x: Tensor) -> list[Tensor]:
        """See `Perceptual`."""
        maps = self.net.net(self.net.scaling_layer(shrink(x, MAX_SIZE)))
        return [unit(level) * head.model[-1].weight.sqrt() for level, head in zip(maps, self.net.lins, strict=True)]


class ParserFeatures:
    """The maps of a face parser's backbone: small, and they know what a face consists of."""

    def __init__(self, maps: Callable[[Tensor], list[Tensor]]) -> None:
        self._maps = maps

    def features(self, x: Tensor) -> list[Tensor]:
        """See `Perceptual`."""
        maps = self._maps(shrink(x, MAX_SIZE))
        return [unit(level) / len(maps) ** 0.5 for level in maps]
