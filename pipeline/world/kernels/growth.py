"""Growth of hair: guide hairs, the strands between them, clumps and curls."""

import numpy as np
from numba import njit

from pipeline.world.anatomy import Floats, Ints
from pipeline.world.kernels.raster import JIT

SHELL_LOW, SHELL_HIGH = -3.0, 1.5708
"""Range of the height coordinate of a shell: dm below its centre, above it the angle of elevation."""


@njit(**JIT)
def shell_radius(table: Floats, x: float, y: float, z: float) -> float:
    """Radius of the head (a table over height coordinate and angle) towards a point relative to the shell's centre."""
    rows, columns = table.shape
    s = np.arctan2(y, np.sqrt(x * x + z * z)) if y > 0 else y
    v = min(max((s - SHELL_LOW) / (SHELL_HIGH - SHELL_LOW) * (rows - 1), 0.0), rows - 1.001)
    t = (np.arctan2(x, z) / (2 * np.pi) + 0.5) * columns
    i, j = int(v), int(t)
    f, g = v - i, t - j
    j0, j1 = j % columns, (j + 1) % columns
    low = table[i, j0] * (1 - g) + table[i, j1] * g
    return low * (1 - f) + (table[i + 1, j0] * (1 - g) + table[i + 1, j1] * g) * f


@njit(**JIT)
def grow(
    roots: Floats, start: Floats, flow: Floats, aim: Floats, length: Floats, lift: Floats, gravity: Floats,
    reach: Floats, stiff: Floats, hug: Floats, free: Floats, table: Floats, centre: Floats, steps: int,
) -> Floats:  # fmt: skip
    """Guide hairs (g, steps, 3) that leave along `start`, turn to `flow`, and fall after `reach` dm.

    They stay `lift` off the head, are pulled to it by `hug`, and keep off the face by less the more they are `free`.
    Where `aim` is not 0, they flow to that point instead.
    """
    out = np.empty((len(roots), steps, 3), np.float32)
    for g in range(len(roots)):
        px, py, pz = roots[g, 0], roots[g, 1], roots[g, 2]
        dx, dy, dz = start[g, 0], start[g, 1], start[g, 2]
        step = length[g] / (steps - 1)
        tied = aim[g, 0] != 0 or aim[g, 1] != 0 or aim[g, 2] != 0
        turn = min(1.0, step * stiff[g])
        for i in range(steps):
            out[g, i, 0], out[g, i, 1], out[g, i, 2] = px, py, pz
            way = step * i
            keep = np.exp(-((way / reach[g]) ** 2))
            fx, fy, fz = flow[g, 0] * keep, flow[g, 1] * keep - gravity[g] * (1 - keep), flow[g, 2] * keep
            if tied:
                fx, fy, fz = aim[g, 0] - px, aim[g, 1] - py, aim[g, 2] - pz
                far = np.sqrt(fx * fx + fy * fy + fz * fz) + 1e-6
                if far < 0.06:
                    continue
                fx, fy, fz = fx / far, fy / far, fz / far
            dx, dy, dz = dx + turn * (fx - dx), dy + turn * (fy - dy), dz + turn * (fz - dz)
            norm = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
            dx, dy, dz = dx / norm, dy / norm, dz / norm
            px, py, pz = px + dx * step, py + dy * step, pz + dz * step
            x, y, z = px - centre[0], py - centre[1], pz - centre[2]
            if free[g] < 1 and y < 0.45 and y > -2.6 and z > 0:
                border = (0.84 + 0.12 * min(max(-y, 0.0), 0.8)) * (1 - free[g])
                angle = np.arctan2(x, z)
                if abs(angle) < border:
                    way_out = (border - abs(angle)) * 0.5 * (1 if angle > 0 else -1)
                    c, s = np.cos(way_out), np.sin(way_out)
                    x, z = x * c + z * s, z * c - x * s
                    dx, dz = dx * c + dz * s, dz * c - dx * s
            flat = np.sqrt(x * x + z * z) + 1e-6
            radius = np.sqrt(flat * flat + y * y) if y > 0 else flat
            ox, oy, oz = x / radius, (y / radius if y > 0 else 0.0), z / radius
            height = radius - shell_radius(table, x, y, z)
            wanted = lift[g] * min(1.0, 0.12 + 2.5 * (i + 1) * step)
            if height < wanted:
                move = wanted - height
                if y < -0.9:
                    move = min(move, 0.25 * step)  # it slides into the clothes rather than along a shoulder
                inward = dx * ox + dy * oy + dz * oz
                if inward < 0:
                    dx, dy, dz = dx - 0.8 * inward * ox, dy - 0.8 * inward * oy, dz - 0.8 * inward * oz
                x, y, z = x + move * ox, y + move * oy, z + move * oz
            elif height > wanted + 0.03 and hug[g] > 0:
                pull = (
                    min(height - wanted, 0.3) * hug[g] * turn * min(max((y + 0.75) / 0.6, 0.0), 1.0)
                )  # below the jaw it hangs
                x, y, z = x - pull * ox, y - pull * oy, z - pull * oz
            px, py, pz = x + centre[0], y + centre[1], z + centre[2]
    return out


@njit(**JIT)
def spread(guides: Floats, near: Ints, share: Floats, roots: Floats, points: int) -> Floats:
    """Strands (n, points, 3) from roots (n, 3), each a mean of the guides `near` (n, 3) it by `share` (n, 3)."""
    n, steps = len(roots), guides.shape[1]
    out = np.empty((n, points, 3), np.float32)
    for s in range(n):
        for p in range(points):
            at = p * (steps - 1) / (points - 1)
            i = min(int(at), steps - 2)
            f = at - i
            for k in range(3):
                total = roots[s, k]
                for j in range(near.shape[1]):
                    g = near[s, j]
                    value = guides[g, i, k] * (1 - f) + guides[g, i + 1, k] * f
                    total += share[s, j] * (value - guides[g, 0, k])
                out[s, p, k] = total
    return out


@njit(**JIT)
def depth_inside(strands: Floats, table: Floats, centre: Floats) -> Floats:
    """How deep strands (n, p, 3) run inside the head between crown and jaw, dm (n,)."""
    out = np.zeros(len(strands), np.float32)
    for s in range(len(strands)):
        for p in range(strands.shape[1]):
            x, y, z = (strands[s, p, 0] - centre[0], strands[s, p, 1] - centre[1], strands[s, p, 2] - centre[2])
            if -0.9 < y < 0.3:
                radius = np.sqrt(x * x + z * z + max(y, 0.0) ** 2)
                out[s] = max(out[s], shell_radius(table, x, y, z) - radius)
    return out


@njit(**JIT)
def gather_clumps(strands: Floats, centres: Ints, amount: Floats, power: float) -> Floats:
    """Strands (n, p, 3) drawn towards the strand `centres` (n,) of their clump by `amount` (n,), more to the tips."""
    out = np.empty_like(strands)
    points = strands.shape[1]
    for s in range(len(strands)):
        for p in range(points):
            w = amount[s] * (p / (points - 1)) ** power
            for k in range(3):
                out[s, p, k] = strands[s, p, k] * (1 - w) + strands[centres[s], p, k] * w
    return out


@njit(**JIT)
def curl(strands: Floats, size: Floats, rate: Floats, phase: Floats) -> None:
    """Wind strands (n, p, 3) into helices of a radius (dm), a rate (radians per dm) and a phase of each, in place."""
    points = strands.shape[1]
    for s in range(len(strands)):
        way = 0.0
        x0, y0, z0 = strands[s, 0, 0], strands[s, 0, 1], strands[s, 0, 2]
        tx, ty, tz = 0.0, -1.0, 0.0
        for p in range(1, points):
            x, y, z = strands[s, p, 0], strands[s, p, 1], strands[s, p, 2]
            dx, dy, dz = x - x0, y - y0, z - z0
            x0, y0, z0 = x, y, z
            step = np.sqrt(dx * dx + dy * dy + dz * dz)
            if step > 1e-6:
                tx, ty, tz = dx / step, dy / step, dz / step
            way += step
            ax, ay, az = ty * 0.93 - tz * 0.3, tz * 0.2 - tx * 0.93, tx * 0.3 - ty * 0.2
            norm = np.sqrt(ax * ax + ay * ay + az * az) + 1e-6
            ax, ay, az = ax / norm, ay / norm, az / norm
            bx, by, bz = ty * az - tz * ay, tz * ax - tx * az, tx * ay - ty * ax
            grow_ = size[s] * min(1.0, way / 0.25)
            c, d = grow_ * np.cos(phase[s] + rate[s] * way), grow_ * np.sin(phase[s] + rate[s] * way)
            strands[s, p, 0] += c * ax + d * bx
            strands[s, p, 1] += c * ay + d * by
            strands[s, p, 2] += c * az + d * bz
