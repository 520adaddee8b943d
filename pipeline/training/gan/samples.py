"""Pictures of a generator: for the figures of a training, and for people who look at them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from pipeline.core.tensors import to_uint8
from pipeline.core.types import Image
from projection.nets.generator import Generator

SEED, MEASURED_SEED = 1, 2
"""Seeds of the latents of the grids and of the measured pictures: the same in all trainings."""
COLUMNS, ROWS = 6, 4
AT_ONCE = 32


@torch.no_grad()
def pictures(net: Generator, count: int, resolution: int, seed: int) -> Iterator[Image]:
    """Batches uint8 (B, R, R, 3) of `count` pictures with fixed noise, without truncation."""
    source = torch.Generator().manual_seed(seed)
    z = torch.randn(count, net.style_dim, generator=source)
    device = net.input["input"].device
    for part in z.split(max(1, AT_ONCE * 64**2 // max(resolution, 64) ** 2)):
        yield to_uint8(net(net.get_style(part.to(device)), target_res=resolution))


def sample_grid(net: Generator) -> Image:
    """Grid of 4 rows of 6 pictures of the net's full resolution, of the same latents each time, uint8 (H, W, 3)."""
    images = np.concatenate(list(pictures(net, ROWS * COLUMNS, net.resolution, SEED)))
    side = net.resolution
    rows = images.reshape(ROWS, COLUMNS, side, side, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(ROWS * side, COLUMNS * side, 3))
