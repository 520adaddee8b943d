"""Light on its way through hair: a density on a grid."""

import numpy as np
from numba import njit

from pipeline.world.anatomy import Floats
from pipeline.world.kernels.raster import JIT


@njit(**JIT)
def lookup(grid: Floats, low: Floats, cell: float, x: float, y: float, z: float) -> float:
    """Trilinear value of a grid of cubic cells at a point; its border's beyond it."""
    n0, n1, n2 = grid.shape
    fx = min(max((x - low[0]) / cell - 0.5, 0.0), n0 - 1.001)
    fy = min(max((y - low[1]) / cell - 0.5, 0.0), n1 - 1.001)
    fz = min(max((z - low[2]) / cell - 0.5, 0.0), n2 - 1.001)
    i, j, k = int(fx), int(fy), int(fz)
    u, v, w = fx - i, fy - j, fz - k
    near = (grid[i, j, k] * (1 - u) + grid[i + 1, j, k] * u) * (1 - v)
    near += (grid[i, j + 1, k] * (1 - u) + grid[i + 1, j + 1, k] * u) * v
    far = (grid[i, j, k + 1] * (1 - u) + grid[i + 1, j, k + 1] * u) * (1 - v)
    far += (grid[i, j + 1, k + 1] * (1 - u) + grid[i + 1, j + 1, k + 1] * u) * v
    return near * (1 - w) + far * w


@njit(**JIT)
def march(
    origins: Floats, directions: Floats, grid: Floats, low: Floats, cell: float, reach: float, skip: float
) -> Floats:
    """Light left (n,) after each ray's way from `skip` to `reach` through a grid of absorption per length."""
    out = np.ones(len(origins), np.float32)
    step = cell * 1.2
    for r in range(len(origins)):
        total, t = 0.0, skip
        while t < reach and total < 5:
            x = origins[r, 0] + directions[r, 0] * t
            y = origins[r, 1] + directions[r, 1] * t
            z = origins[r, 2] + directions[r, 2] * t
            total += step * lookup(grid, low, cell, x, y, z)
            t += step
        out[r] = np.exp(-total)
    return out


@njit(**JIT)
def splat(strands: Floats, weight: float, low: Floats, cell: float, shape: tuple[int, int, int]) -> Floats:
    """Sum of `weight` for each point of strands (s, p, 3) in its cell of a grid."""
    grid = np.zeros(shape, np.float32)
    for s in range(len(strands)):
        for p in range(strands.shape[1]):
            i = int((strands[s, p, 0] - low[0]) / cell)
            j = int((strands[s, p, 1] - low[1]) / cell)
            k = int((strands[s, p, 2] - low[2]) / cell)
            if 0 <= i < shape[0] and 0 <= j < shape[1] and 0 <= k < shape[2]:
                grid[i, j, k] += weight
    return grid
