"""Light on strands, and strands in the picture."""

import numpy as np
from numba import njit

from pipeline.world.anatomy import Floats, Ints
from pipeline.world.kernels.marching import lookup
from pipeline.world.kernels.raster import JIT


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
