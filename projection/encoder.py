"""Encoder of aligned images to W+: the start of an inversion."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.batch_sizes import ENCODED_IMAGES
from pipeline.core.checkpoints import fill, load_state, open_declared
from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import batches, shrink
from pipeline.core.types import Image
from projection.nets.e4e import E4e
from projection.nets.resnet import Encoder

ARCHITECTURES: Mapping[str, type[Encoder] | type[E4e]] = {"resnet": Encoder, "e4e": E4e}


class LatentEncoder(Compilable):
    """Encoder net with its preprocessing."""

    net: Encoder | E4e

    def __init__(self, net: Encoder | E4e, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)
        self.forward: Forward = self.net

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config`: input_size, architecture, its arguments. Raises MissingWeights if it is unreadable."""
        state, arguments = open_declared(path, config)
        input_size = int(arguments.pop("input_size"))
        name = arguments.pop("architecture", "resnet")
        if name not in ARCHITECTURES:
            raise MissingWeights(f"{path} has the unknown architecture {name}: choose {' or '.join(ARCHITECTURES)}.")
        if name == "e4e":  # its checkpoint keeps the mean latent beside the state dict
            state |= {key: value for key, value in load_state(path).items() if key == "latent_avg"}
        return cls(fill(lambda: ARCHITECTURES[name](**arguments), state), input_size, device)

    def latents(self, x: Tensor) -> Tensor:
        """Images (B, 3, H, H) in -1..1 -> W+ (B, n_style, dim), differentiable; larger ones are shrunk."""
        out: Tensor = self.net(shrink(x, self.input_size))
        return out

    def encode(self, images: Sequence[Image] | Image, in_torch: bool = False) -> NDArray[np.float32]:
        """uint8 images (H, W, 3) of any size -> W+ float32 (B, n_style, dim); `in_torch`: whatever the backend."""
        forward = self.net if in_torch else self.forward
        with torch.inference_mode():
            inputs = batches(images, self.input_size, self.device, at_once=ENCODED_IMAGES)
            return np.concatenate([forward(x).float().cpu().numpy() for x in inputs])
