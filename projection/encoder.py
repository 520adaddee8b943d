"""First guess of a portrait's latent, from which the optimisation starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.core.checkpoints import fill, load_state, open_declared
from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import batches, shrink
from pipeline.core.types import Image
from projection.nets.e4e import E4e
from projection.nets.resnet import Encoder

BATCH = 16
ARCHITECTURES: Mapping[str, type[Encoder] | type[E4e]] = {"resnet": Encoder, "e4e": E4e}


class LatentEncoder:
    """An encoder net with its preprocessing."""

    def __init__(self, net: Encoder | E4e, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> LatentEncoder:
        """From a file; `config`: input_size, architecture and its arguments. MissingWeights when it is unreadable."""
        state, arguments = open_declared(path, config)
        input_size = int(arguments.pop("input_size"))
        name = arguments.pop("architecture", "resnet")
        if name not in ARCHITECTURES:
            raise MissingWeights(f"{path} is declared as an encoder {name}: known are {', '.join(ARCHITECTURES)}.")
        if name == "e4e":  # its mean latent stands beside the state dict
            state |= {key: value for key, value in load_state(path).items() if key == "latent_avg"}
        return cls(fill(lambda: ARCHITECTURES[name](**arguments), state), input_size, device)

    def latents(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, H, H) in -1..1 -> W+ (B, n_style, dim), differentiable; larger ones are shrunk."""
        out: Tensor = self.net(shrink(x, self.input_size))
        return out

    def encode(self, images: Sequence[Image] | Image) -> NDArray[np.float32]:
        """uint8 pictures (H, W, 3) of any size -> W+ float32 (B, n_style, dim)."""
        with torch.inference_mode():
            pictures = batches(images, self.input_size, self.device, at_once=BATCH)
            parts = [self.net(x).float().cpu().numpy() for x in pictures]
        return np.concatenate(parts).astype(np.float32)
