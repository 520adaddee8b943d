"""Attributes of a picture: probabilities of classes and values of cursors, in the order of configs/attributes.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.core.attributes import head_slices
from pipeline.core.tensors import batches
from pipeline.core.types import Image
from pipeline.core.weights import load_state
from projection.nets.resnet import Predictor

BATCH = 32


def build_predictor(channels: Sequence[int], layers: Sequence[int]) -> Predictor:
    """The net with random weights, one output per class or cursor of the table of attributes."""
    return Predictor(channels, layers, max(heads.stop for heads in head_slices().values()))


class AttributePredictor:
    """A predictor net with its preprocessing and the meaning of its outputs."""

    def __init__(self, net: Predictor, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> AttributePredictor:
        """From a file; `config` holds input_size, channels and layers. MissingWeights when it is unreadable."""
        arguments = dict(config)
        input_size = int(arguments.pop("input_size"))
        net = build_predictor(**arguments)
        net.load_state_dict(load_state(path))
        return cls(net, input_size, device)

    def predict(self, images: Sequence[Image] | Image) -> dict[str, NDArray[np.float32]]:
        """By code: probabilities (B, K) of a class attribute, value (B,) in world units of a cursor.

        images: uint8 (H, W, 3) of any size.
        """
        with torch.inference_mode():
            pictures = batches(images, self.input_size, self.device, at_once=BATCH)
            logits = torch.cat([self.net(x).float().cpu() for x in pictures])
        return {
            code: (logits[:, part].softmax(1) if part.stop - part.start > 1 else logits[:, part.start]).numpy()
            for code, part in head_slices().items()
        }
