"""First guess of a portrait's latent, from which the optimisation starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.core.errors import MissingWeights
from pipeline.core.types import Image
from pipeline.core.weights import load_state
from projection.images import shrink, to_tensor
from projection.nets.resnet import Encoder

BATCH = 16


def build_encoder(channels: Sequence[int], layers: Sequence[int], n_style: int, style_dim: int) -> Encoder:
    """The net with random weights; see `Encoder`."""
    return Encoder(channels, layers, n_style, style_dim)


class LatentEncoder:
    """An encoder net with its preprocessing."""

    def __init__(self, net: Encoder, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> LatentEncoder:
        """From a file; `config` holds input_size and the arguments of Encoder. MissingWeights when it is unreadable."""
        arguments = dict(config)
        input_size = int(arguments.pop("input_size"))
        if "channels" not in arguments:
            raise MissingWeights(f"{path} is an encoder of a kind that cannot be opened: use one in Anycost's layout.")
        net = build_encoder(**arguments)
        net.load_state_dict(load_state(path, inside=() if Path(path).suffix == ".safetensors" else ("state_dict",)))
        return cls(net, input_size, device)

    def latents(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, H, H) in -1..1 -> W+ (B, n_style, dim), differentiable; larger ones are shrunk."""
        out: Tensor = self.net(shrink(x, self.input_size))
        return out

    def encode(self, images: Sequence[Image] | Image) -> NDArray[np.float32]:
        """uint8 pictures (H, W, 3) of any size -> W+ float32 (B, n_style, dim)."""
        with torch.inference_mode():
            parts = [
                self.net(to_tensor(images[i : i + BATCH], self.input_size, self.device)).float().cpu().numpy()
                for i in range(0, len(images), BATCH)
            ]
        return np.concatenate(parts).astype(np.float32)
