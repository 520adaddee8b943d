"""Lists of images to network batches: one place for resizing, scaling and the number of images at once."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from pipeline.core.images import resize
from pipeline.core.types import Image

# Fixed, so that neither memory nor the last bits of a result depend on how many frames a step is given.
BATCH = 8


def batches(
    images: Sequence[Image], size: int | None, device: torch.device, at_once: int = BATCH
) -> Iterator[torch.Tensor]:
    """Float32 tensors (<= at_once, 3, size, size) in 0..1 of uint8 RGB images; their own common size if it is none."""
    for start in range(0, len(images), at_once):
        chosen = images[start : start + at_once]
        stack = np.stack([resize(image, size) if size else image for image in chosen])
        yield torch.from_numpy(stack).to(device).permute(0, 3, 1, 2).float().div(255)


def to_images(tensor: torch.Tensor) -> Image:
    """Tensor (B, 3, H, W) in 0..1 -> uint8 (B, H, W, 3), clipped and rounded to nearest."""
    scaled = tensor.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(0, 2, 3, 1).cpu().numpy())
