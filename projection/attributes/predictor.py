"""Embedded attribute predictor: probabilities of classes and values of cursors, by code of configs/attributes.yaml."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.core.attributes import head_slices
from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.tensors import batches
from pipeline.core.types import Image
from projection.nets.resnet import Predictor


def build_predictor(channels: Sequence[int], layers: Sequence[int]) -> Predictor:
    """Net with random weights, one output per class or cursor of the table of attributes."""
    return Predictor(channels, layers, max(heads.stop for heads in head_slices().values()))


class AttributePredictor(Compilable):
    """Predictor net with its preprocessing and the layout of its outputs."""

    net: Predictor

    def __init__(self, net: Predictor, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)
        self.forward: Forward = self.net

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds input_size, channels and layers. Raises MissingWeights if it is unreadable."""
        state, arguments = open_declared(path, config)
        input_size = int(arguments.pop("input_size"))
        return cls(fill(lambda: build_predictor(**arguments), state), input_size, device)

    def predict(self, images: Sequence[Image] | Image) -> dict[str, NDArray[np.float32]]:
        """Probabilities (B, K) of a class, value (B,) of a cursor in world units, by code; uint8 images of any size."""
        with torch.inference_mode():
            inputs = batches(images, self.input_size, self.device, at_once=SMALL_IMAGES)
            logits = torch.cat([self.forward(x).float().cpu() for x in inputs])
        return {
            code: (logits[:, part].softmax(1) if part.stop - part.start > 1 else logits[:, part.start]).numpy()
            for code, part in head_slices().items()
        }
