"""Rasters of triangles."""

import numpy as np
from numba import njit

from pipeline.world.anatomy import Floats, Ints

JIT = {"cache": True, "fastmath": True, "nogil": True}

# Columns of the values that are interpolated.
NORMAL, CANONICAL, LIGHT, VISIBLE, OPEN, PLACE, LIPS, INSIDE, EAR, LID, CLIP, SHEEN, COLUMNS = (
    0, 3, 6, 9, 12, 13, 16, 17, 18, 19, 20, 21, 22,
)  # fmt: skip


@njit(**JIT)
def raster(points: Floats, triangles: Ints, clip: Floats, size: int) -> tuple[Ints, Floats, Floats]:
    """Nearest triangle of each pixel.

    Args:
        points: Vertices (n, 3): pixel x, pixel y, distance from the camera.
        triangles: Vertices of each triangle (t, 3); both sides are drawn.
        clip: (n,); where its interpolated value is negative, nothing is drawn.
        size: Width and height of the picture.

    Returns:
        Number of the triangle (-1: none), weights of its second and third corner (size, size, 2), distance (1e9: none).
    """
    ids = np.full((size, size), -1, np.int32)
    weight = np.zeros((size, size, 2), np.float32)
    depth = np.full((size, size), np.float32(1e9))
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        x0, y0, z0 = points[a, 0], points[a, 1], points[a, 2]
        x1, y1, z1 = points[b, 0], points[b, 1], points[b, 2]
        x2, y2, z2 = points[c, 0], points[c, 1], points[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9 or min(z0, z1, z2) < 0.1:
            continue
        left, right = max(0, int(min(x0, x1, x2) - 0.5)), min(size - 1, int(max(x0, x1, x2) + 0.5))
        top, bottom = max(0, int(min(y0, y1, y2) - 0.5)), min(size - 1, int(max(y0, y1, y2) + 0.5))
        inverse = 1 / area
        clipped = clip[a] < 0 or clip[b] < 0 or clip[c] < 0
        for y in range(top, bottom + 1):
            py = y + 0.5
            for x in range(left, right + 1):
                px = x + 0.5
                w1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) * inverse
                w2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) * inverse
                if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                    continue
                z = 1 / ((1 - w1 - w2) / z0 + w1 / z1 + w2 / z2)
                if z >= depth[y, x]:
                    continue
                if clipped and clip[a] * (1 - w1 - w2) + clip[b] * w1 + clip[c] * w2 < 0:
                    continue
                depth[y, x] = z
                ids[y, x] = f
                weight[y, x, 0] = w1 / z1 * z
                weight[y, x, 1] = w2 / z2 * z
    return ids, weight, depth


@njit(**JIT)
def vertex_normals(points: Floats, triangles: Ints) -> Floats:
    """Normals (n, 3) of vertices: the mean of their triangles by area; 0 where a vertex has none."""
    out = np.zeros_like(points)
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (a, b, c):
            out[v, 0] += nx
            out[v, 1] += ny
            out[v, 2] += nz
    for v in range(len(out)):
        length = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + np.float32(1e-12)
        out[v] /= length
    return out


@njit(**JIT)
def interpolate(rows: Ints, columns: Ints, ids: Ints, weight: Floats, triangles: Ints, values: Floats) -> Floats:
    """Values (v, c) of vertices at pixels (p,) of a raster: (p, c)."""
    out = np.empty((len(rows), values.shape[1]), np.float32)
    for i in range(len(rows)):
        y, x = rows[i], columns[i]
        f = ids[y, x]
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        w1, w2 = weight[y, x, 0], weight[y, x, 1]
        w0 = 1 - w1 - w2
        for k in range(values.shape[1]):
            out[i, k] = values[a, k] * w0 + values[b, k] * w1 + values[c, k] * w2
    return out
