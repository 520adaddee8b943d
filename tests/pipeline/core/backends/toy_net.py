"""A net that is exported in a second, in the wrapper that real ones have."""

import torch

from pipeline.core.backends.compilable import Compilable

SHAPE = (3, 16, 16)


class ToyWrapper(Compilable):
    """Two convolutions of pictures (B, 3, 16, 16)."""

    def __init__(self, seed: int = 0) -> None:
        torch.manual_seed(seed)
        layers = torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 3, padding=1)
        self.net = torch.nn.Sequential(*layers).eval().requires_grad_(False)
        self.device, self.forward = torch.device("cpu"), self.multiplied

    def multiplied(self, x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """The net's output times `gain`."""
        return gain * self.net(x)


def batch(seed: int = 1, count: int = 3) -> torch.Tensor:
    """Pictures (count, *SHAPE) in 0..1."""
    return torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(seed))
