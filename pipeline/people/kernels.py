"""The loops that numpy cannot do: rasters of triangles and strands, marching through hair, growth, shading."""

import numpy as np
from numba import njit

from pipeline.people.anatomy import Floats, Ints

JIT = {"cache": True, "fastmath": True, "nogil": True}


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


# Columns of the values that are interpolated.
NORMAL, CANONICAL, LIGHT, VISIBLE, OPEN, PLACE, LIPS, INSIDE, EAR, LID, CLIP, SHEEN, COLUMNS = (
    0, 3, 6, 9, 12, 13, 16, 17, 18, 19, 20, 21, 22,
)  # fmt: skip


@njit(**JIT)
def sh(harmonic: Floats, channel: int, x: float, y: float, z: float) -> float:
    """Value of harmonics (9, 3) in a direction."""
    h = harmonic[:, channel]
    total = h[0] * 0.282095 + 0.488603 * (h[1] * y + h[2] * z + h[3] * x)
    total += 1.092548 * (h[4] * x * y + h[5] * y * z + h[7] * x * z)
    return total + h[6] * 0.315392 * (3 * z * z - 1) + h[8] * 0.546274 * (x * x - y * y)


@njit(**JIT)
def shade_skin(
    pixels: Floats, view: Floats, texture: Floats, harmonic: Floats, axes: Floats, sharpness: Floats, colours: Floats,
    sky: Floats, ground: Floats, up: Floats, hair: Floats, lipstick: Floats, made_up: float, oil: float, rosy: float,
    female: float,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Albedo, irradiance and mirrored light (p, 3 each) of skin.

    Diffuse: two pigments, fine relief by the ratio of harmonics, least in red. Specular: two lobes of spherical
    Gaussians (Wang et al., 2009).
    """
    n = len(pixels)
    base, light, shine = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    wide = texture.shape[0]
    sample = np.empty(6, np.float32)
    white, of_melanin, of_haemo = (0.64, 0.43, 0.32), (1.75, 2.25, 2.75), (0.16, 0.75, 0.62)
    inner, share = (0.20, 0.045, 0.04), (0.55, 0.85, 1.0)
    for i in range(n):
        px = pixels[i]
        nx, ny, nz = px[0], px[1], px[2]
        length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
        nx, ny, nz = nx / length, ny / length, nz / length
        vx, vy, vz = view[i, 0], view[i, 1], view[i, 2]
        facing = nx * vx + ny * vy + nz * vz
        if facing < 0.0:
            nx, ny, nz = nx - 1.02 * facing * vx, ny - 1.02 * facing * vy, nz - 1.02 * facing * vz
            length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
            nx, ny, nz = nx / length, ny / length, nz / length
        u, y = np.arctan2(px[3], px[5] - 0.2), px[4]
        mx = min(max((u + 2.0) / 4.0 * wide - 0.5, 0.0), wide - 1.001)
        my = min(max((8.6 - y) / 3.2 * wide - 0.5, 0.0), wide - 1.001)
        ix, iy = int(mx), int(my)
        fx, fy = mx - ix, my - iy
        for k in range(6):
            top = texture[iy, ix, k] * (1 - fx) + texture[iy, ix + 1, k] * fx
            sample[k] = top * (1 - fy) + (texture[iy + 1, ix, k] * (1 - fx) + texture[iy + 1, ix + 1, k] * fx) * fy
        inside, lid = px[17], px[19]
        lip = min(max((px[16] - 0.2) / 0.6, 0.0), 1.0) * (1 - inside)
        lip = lip * lip * (3 - 2 * lip)
        fade = 0.2 if abs(u) > 1.0 else 1.0
        across = fade * sample[2]
        bx, by, bz = nx - across * np.cos(u), ny - fade * sample[3], nz + across * np.sin(u)
        length = np.sqrt(bx * bx + by * by + bz * bz) + 1e-9
        bx, by, bz = bx / length, by / length, bz / length
        upper = min(max((y - 7.335) / 0.02, 0.0), 1.0)
        melanin = sample[0] * (1 - 0.35 * lip) + 0.06 * lip + (0.06 + (0.22 + 0.25 * female) * upper) * lid
        haemo = sample[1] + rosy * lip + (0.40 - 0.25 * upper) * lid - 0.45
        cover = sample[5]
        nv = min(max(bx * vx + by * vy + bz * vz, 0.08), 1.0)
        dot = 2 * (bx * vx + by * vy + bz * vz)
        rx, ry, rz = dot * bx - vx, dot * by - vy, dot * bz - vz
        fresnel = 0.028 + 0.972 * (1 - nv) ** 5 * 0.3
        t = min(max(0.5 + 0.5 * (rx * up[0] + ry * up[1] + rz * up[2]), 0.0), 1.0)
        gloss = min(max(sample[4], 0.1), 2.0) * (1 + 0.7 * lip * (0.4 + made_up)) * (1 - 0.8 * inside) * oil
        gloss *= (1 - cover * 0.8) * fresnel
        open_ = px[12] * 0.7
        for c in range(3):
            colour = white[c] * np.exp(-min(max(melanin, 0.0), 1.2) * of_melanin[c] - haemo * of_haemo[c])
            colour += 0.75 * made_up * lip * (lipstick[c] - colour)
            colour += cover * (hair[c] * 0.8 + 0.012 - colour)
            base[i, c] = colour + inside * (inner[c] - colour)
            plain = max(sh(harmonic, c, nx, ny, nz), 1e-3)
            s = share[c]
            fine = max(sh(harmonic, c, nx + s * (bx - nx), ny + s * (by - ny), nz + s * (bz - nz)), 1e-3)
            light[i, c] = px[6 + c] * min(max(fine / plain, 0.35), 1.8)
            shine[i, c] = (ground[c] * (1 - t) + sky[c] * t) * open_
        for k in range(len(axes)):
            angle = rx * axes[k, 0] + ry * axes[k, 1] + rz * axes[k, 2] - 1
            amount = 0.0
            for sharp, part in ((14.0, 0.62), (60.0, 0.38)):
                width = sharp / (4 * nv)
                both = width * sharpness[k] / (width + sharpness[k])
                amount += part * both / sharpness[k] * np.exp(both * angle)
            for c in range(3):
                shine[i, c] += colours[k, c] * amount * px[9 + k]
        for c in range(3):
            shine[i, c] *= gloss
    return base, light, shine


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
            if free[g] < 1 and y < 0.45 and y > -1.35 and z > 0:
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
                pull = min(height - wanted, 0.3) * hug[g] * turn
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


@njit(**JIT)
def shade_strands(
    strands: Floats, body: Floats, shift: Floats, rooted: float, axes: Floats, sharpness: Floats, colours: Floats,
    sky: Floats, view: Floats, through: Floats, low: Floats, cell: float,
) -> Floats:  # fmt: skip
    """Light (s, p, 3) that strands (s, p, 3) send along `view`: Kajiya-Kay with a white and a tinted highlight
    (Marschner et al., SIGGRAPH 2003), dimmed by the hair in between.

    Args:
        body: Colour of each strand (s, 3).
        shift: Tilt of each strand's highlights in radians (s,).
        rooted: How much darker roots are.
        through: Share of each lobe, then of the sky, that is left in each cell of a grid (lobes + 1, i, j, k).
    """
    n, points, lobes = len(strands), strands.shape[1], len(axes)
    out = np.empty((n, points, 3), np.float32)
    for s in range(n):
        for p in range(points):
            q = min(p, points - 2)
            tx, ty, tz = (
                strands[s, q + 1, 0] - strands[s, q, 0],
                strands[s, q + 1, 1] - strands[s, q, 1],
                strands[s, q + 1, 2] - strands[s, q, 2],
            )
            norm = np.sqrt(tx * tx + ty * ty + tz * tz) + 1e-9
            tx, ty, tz = tx / norm, ty / norm, tz / norm
            x, y, z = strands[s, p, 0], strands[s, p, 1], strands[s, p, 2]
            to_eye = tx * view[0] + ty * view[1] + tz * view[2]
            sin_eye = np.sqrt(max(0.0, 1 - to_eye * to_eye))
            shade = 1 - rooted + rooted * min(1.0, 2.2 * p / (points - 1))
            open_ = lookup(through[lobes], low, cell, x, y, z) * 0.5 * np.pi
            r, g, b = body[s, 0] * shade, body[s, 1] * shade, body[s, 2] * shade
            out[s, p, 0] = open_ * sky[0] * (0.55 * r + 0.010)
            out[s, p, 1] = open_ * sky[1] * (0.55 * g + 0.010)
            out[s, p, 2] = open_ * sky[2] * (0.55 * b + 0.010)
            for k in range(lobes):
                power = 2 * np.pi / sharpness[k]
                if power * max(colours[k, 0], colours[k, 1], colours[k, 2]) < 0.02:
                    continue
                lit = lookup(through[k], low, cell, x, y, z) * power
                if lit < 1e-3:
                    continue
                dot = tx * axes[k, 0] + ty * axes[k, 1] + tz * axes[k, 2]
                sin_light = np.sqrt(max(0.0, 1 - dot * dot))
                cosine, sine = sin_light * sin_eye - dot * to_eye, dot * sin_eye + to_eye * sin_light
                first, second = shift[s] - 0.12, shift[s] + 0.20
                soft = 1 / (1 + 6 / sharpness[k])
                white = (
                    np.exp(70 * soft * (cosine - sine * first - 0.5 * cosine * first * first - 1)) * sin_light * 0.035
                )
                warm = (
                    np.exp(18 * soft * (cosine - sine * second - 0.5 * cosine * second * second - 1)) * sin_light * 0.22
                )
                away = max(0.0, -(axes[k, 0] * view[0] + axes[k, 1] * view[1] + axes[k, 2] * view[2]))
                diffuse = 0.32 * sin_light * sin_eye * (1 + 0.8 * away * away)
                out[s, p, 0] += lit * colours[k, 0] * (diffuse * r + white + warm * 0.8 * np.sqrt(r) * (r * 1.6 + 0.02))
                out[s, p, 1] += lit * colours[k, 1] * (diffuse * g + white + warm * 0.8 * np.sqrt(g) * (g * 1.6 + 0.02))
                out[s, p, 2] += lit * colours[k, 2] * (diffuse * b + white + warm * 0.8 * np.sqrt(b) * (b * 1.6 + 0.02))
    return out


@njit(**JIT)
def draw_strands(
    strands: Floats, colours: Floats, kinds: Ints, width: Floats, bias: float, depth: Floats, image: Floats, drawn: Ints
) -> None:
    """Opaque thin lines, in place.

    Args:
        strands: (s, p, 3): pixel x, pixel y, distance.
        colours: (s, q, 3), at even distances along the strand.
        kinds: (s,): what `drawn` gets.
        width: Pixels (s,); strands taper to their tips.
        bias: How much nearer than it is a strand counts.
        depth, image, drawn: (n, n), (n, n, 3), (n, n).
    """
    size, points, stops = image.shape[0], strands.shape[1], colours.shape[1]
    for s in range(len(strands)):
        for p in range(points - 1):
            x0, y0, z0 = strands[s, p, 0], strands[s, p, 1], strands[s, p, 2]
            x1, y1, z1 = strands[s, p + 1, 0], strands[s, p + 1, 1], strands[s, p + 1, 2]
            if max(x0, x1) < 0 or max(y0, y1) < 0 or min(x0, x1) > size or min(y0, y1) > size:
                continue
            steps = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
            steep = abs(y1 - y0) > abs(x1 - x0)
            for i in range(steps):
                t = i / steps
                x, y, z = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, z0 + (z1 - z0) * t - bias
                way = (p + t) / (points - 1)
                half = 0.5 * width[s] * (1 - 0.75 * max(0.0, (way - 0.55) / 0.45))
                centre = x if steep else y
                first, last = int(np.floor(centre - half + 0.5)), int(np.floor(centre + half + 0.5))
                last = max(last, first + 1)
                at = way * (stops - 1)
                q = min(int(at), stops - 2)
                f = at - q
                for j in range(first, last):
                    u, v = (j, int(y)) if steep else (int(x), j)
                    if u < 0 or v < 0 or u >= size or v >= size or z > depth[v, u]:
                        continue
                    depth[v, u] = z
                    drawn[v, u] = kinds[s]
                    for k in range(3):
                        image[v, u, k] = colours[s, q, k] * (1 - f) + colours[s, q + 1, k] * f
