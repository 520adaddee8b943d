"""3 x 3 convolutions by Winograd's minimal filtering F(4 x 4, 3 x 3): a quarter of the multiplications, on a processor.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4.3. The transforms take time too, so
that only layers of many channels gain.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

TILE = 4
"""Side of the tiles of the output; those of the input are larger by 2."""
TILES = 256
"""Tiles at once: so many that the kernel is read seldom, so few that they stay in the cache."""
LEAST_SIDE, LEAST_CHANNELS = 16, 64
"""Side and channels of the maps from which on the transforms pay."""
_KERNEL = [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
"""Transform of a kernel along one axis, times 24."""


def pays(n_in: int, n_out: int, side: int) -> bool:
    """Whether `convolve` is quicker than a plain convolution of maps of `side` pixels."""
    return side >= LEAST_SIDE and min(n_in, n_out) >= LEAST_CHANNELS


def transform_kernel(weight: Tensor) -> Tensor:
    """Kernel (n_out, n_in, 3, 3) as `convolve` takes it, (36, n_in, n_out)."""
    g = torch.tensor(_KERNEL, dtype=torch.float64, device=weight.device) / 24
    return torch.einsum("ua,oiab,vb->uvio", g, weight.double(), g).flatten(0, 1).float().contiguous()


def convolve(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolution with padding 1: (B, n_in, H, W), H and W multiples of 4 -> (B, n_out, H, W), channels-last.

    Args:
        x: Maps, float32.
        kernel: From `transform_kernel`, (36, n_in, n_out).
    """
    (count, n_in, height, width), n_out = x.shape, kernel.shape[2]
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    across = width // TILE
    down = max(1, TILES // across)
    out = x.new_empty(count, height, width, n_out)
    for image, result in zip(padded, out, strict=True):
        for top in range(0, height, TILE * down):
            strip = result[top : top + TILE * down].unflatten(1, (across, TILE)).unflatten(0, (-1, TILE))
            rows = len(strip)
            part = image[top : top + TILE * rows + 2]
            high = x.new_empty(6, rows, width + 2, n_in)
            _to_tiles([part[i : i + TILE * rows - 3 : TILE] for i in range(6)], high.unbind(0))
            tiles = x.new_empty(6, 6, rows, across, n_in)
            _to_tiles([high[:, :, i : i + width - 3 : TILE] for i in range(6)], tiles.unbind(1))
            products = torch.bmm(tiles.view(36, rows * across, n_in), kernel).view(6, 6, rows, across, n_out)
            low = x.new_empty(TILE, 6, rows, across, n_out)
            _from_tiles(products.unbind(0), low.unbind(0))
            _from_tiles(low.unbind(1), strip.permute(1, 3, 0, 2, 4).unbind(1))
    return out.permute(0, 3, 1, 2)


def _to_tiles(d: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """The transform of the input along one axis."""
    torch.sub(d[4], d[2], alpha=5, out=out[0]).add_(d[0], alpha=4)
    even, odd = torch.sub(d[4], d[2], alpha=4), torch.sub(d[3], d[1], alpha=4)
    torch.add(even, odd, out=out[1])
    torch.sub(even, odd, out=out[2])
    torch.sub(d[4], d[2], out=even)
    torch.sub(d[3], d[1], out=odd)
    torch.add(even, odd, alpha=2, out=out[3])
    torch.sub(even, odd, alpha=2, out=out[4])
    torch.sub(d[5], d[3], alpha=5, out=out[5]).add_(d[1], alpha=4)


def _from_tiles(t: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """The transform of the output along one axis."""
    near, far = t[1] + t[2], t[3] + t[4]
    torch.add(near, far, alpha=4, out=out[2])
    torch.add(near, far, out=out[0]).add_(t[0])
    torch.sub(t[1], t[2], out=near)
    torch.sub(t[3], t[4], out=far)
    torch.add(near, far, alpha=2, out=out[1])
    torch.add(near, far, alpha=8, out=out[3]).add_(t[5])
