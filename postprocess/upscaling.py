"""Tiled upscaling with the nets of spandrel; the memory of the net does not grow with the image."""

from pathlib import Path
from typing import Self

import numpy as np
import torch

from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.tensors import UNIT, to_tensor, to_uint8
from pipeline.core.types import Image
from postprocess.restoration import open_net

TILE, AROUND = 256, 16
"""Side of a tile and its border in the input of the net, pixels of the photo."""


class Upscaler:
    """Super-resolution net for RGB images with an integer factor `scale`."""

    def __init__(self, net: torch.nn.Module, scale: int, device: torch.device) -> None:
        self.net, self.scale, self.device = net, scale, device

    @classmethod
    def open(cls, path: Path, device: torch.device) -> Self:
        """From a file in any layout that spandrel recognises; raises BadInput, or MissingWeights for another net."""
        if not path.is_file():
            raise BadInput(f"The file {path} does not exist.")
        found = open_net(path)
        if found.scale < 2 or (found.input_channels, found.output_channels) != (3, 3):
            raise MissingWeights(f"{path} is not an upscaling net for RGB images: choose one such as Real-ESRGAN's.")
        return cls(found.to(device).eval(), found.scale, device)

    @torch.inference_mode()
    def enlarge(self, image: Image) -> Image:
        """RGB image uint8 (H, W, 3), `scale` times as large."""
        height, width = image.shape[:2]
        result = np.empty((height * self.scale, width * self.scale, 3), np.uint8)
        padded = np.pad(image, ((AROUND, AROUND), (AROUND, AROUND), (0, 0)), "edge")
        for top in range(0, height, TILE):
            for left in range(0, width, TILE):
                seen = padded[top : top + TILE + 2 * AROUND, left : left + TILE + 2 * AROUND]
                drawn = to_uint8(self.net(to_tensor([seen], None, self.device, UNIT)), UNIT)[0]
                inner = drawn[AROUND * self.scale : -AROUND * self.scale, AROUND * self.scale : -AROUND * self.scale]
                rows, columns = inner.shape[:2]
                result[top * self.scale :, left * self.scale :][:rows, :columns] = inner
        return result
