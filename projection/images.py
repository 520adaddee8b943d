"""Between pictures as everybody passes them around and what the nets of this package take and give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.images import resize
from pipeline.core.types import Image


def to_tensor(images: Sequence[Image] | Image, size: int, device: torch.device | str = "cpu") -> Tensor:
    """uint8 pictures (H, W, 3), resized to `size`, as floats (B, 3, size, size) in -1..1."""
    pixels = np.stack([resize(image, size) for image in images])
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def to_uint8(x: Tensor) -> Image:
    """Floats (B, 3, H, W), clipped to -1..1, as uint8 (B, H, W, 3), rounded to the nearest."""
    pixels = (x.detach().float().clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def shrink(x: Tensor, size: int) -> Tensor:
    """(B, C, H, H) -> (B, C, size, size) by area averaging; unchanged where it is that small already."""
    return F.interpolate(x, size=(size, size), mode="area") if x.shape[-1] > size else x


def psnr(a: Image, b: Image) -> np.ndarray:
    """Peak signal-to-noise ratio in dB of uint8 pictures (B, H, W, 3), one value each; 99 where they are equal."""
    error = np.square(a.astype(np.float32) - b.astype(np.float32)).mean(axis=(1, 2, 3))
    return np.asarray(np.minimum(10 * np.log10(255.0**2 / np.maximum(error, 1e-12)), 99.0), np.float32)
