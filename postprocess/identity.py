"""How far two pictures are from showing the same person."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.core.types import Floats, Image
from pipeline.core.weights import load_state
from postprocess.batching import batches
from postprocess.nets import identity as nets


class IdentityNet:
    """The identity net with its preprocessing."""

    def __init__(self, net: nets.IdentityNet, input_size: int, device: torch.device) -> None:
        self.net, self.input_size, self.device = net.to(device).eval().requires_grad_(False), input_size, device

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> "IdentityNet":
        """From a file: `config` holds input_size and the arguments of the net. MissingWeights when unreadable."""
        sizes = dict(config)
        input_size = int(sizes.pop("input_size"))
        net = nets.IdentityNet(**sizes)
        net.load_state_dict(load_state(path))
        return cls(net, input_size, device)

    @torch.inference_mode()
    def embed(self, images: Sequence[Image]) -> Floats:
        """Unit rows, float32 (B, embedding), of uint8 RGB images."""
        parts = [self.net(x * 2 - 1).float().cpu().numpy() for x in batches(images, self.input_size, self.device)]
        return np.concatenate(parts)


def distance(first: Floats, second: Floats) -> Floats:
    """1 - cosine of unit rows (B, n) and (B, n): 0 for the same person, about 1 for strangers, at most 2; (B,)."""
    return np.asarray(1 - (first * second).sum(axis=-1), np.float32)
