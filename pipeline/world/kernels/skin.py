"""Light on skin."""

import numpy as np
from numba import njit

from pipeline.world.anatomy import Floats
from pipeline.world.kernels.raster import JIT

WHITE, OF_MELANIN, OF_HAEMOGLOBIN = (0.64, 0.43, 0.32), (1.75, 2.1, 2.3), (0.16, 0.75, 0.62)
"""Linear RGB of skin without pigments, and how strongly the two absorb it."""


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
    inner, share = (0.10, 0.022, 0.02), (0.55, 0.85, 1.0)
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
        lip = min(max((px[16] - 0.55) / 0.45, 0.0), 1.0) * (1 - inside)
        lip = lip * lip * (3 - 2 * lip)
        fade = 0.2 if abs(u) > 1.0 else 1.0
        across = fade * sample[2]
        bx, by, bz = nx - across * np.cos(u), ny - fade * sample[3], nz + across * np.sin(u)
        length = np.sqrt(bx * bx + by * by + bz * bz) + 1e-9
        bx, by, bz = bx / length, by / length, bz / length
        upper = min(max((y - 7.335) / 0.02, 0.0), 1.0)
        melanin = sample[0] * (1 - 0.2 * lip) + 0.06 * lip + (0.06 + (0.4 + 0.35 * female) * upper) * lid
        haemo = sample[1] + rosy * (1 - 0.4 * min(sample[0], 1.0)) * lip + (0.40 - 0.25 * upper) * lid - 0.45
        cover = sample[5]
        nv = min(max(bx * vx + by * vy + bz * vz, 0.08), 1.0)
        dot = 2 * (bx * vx + by * vy + bz * vz)
        rx, ry, rz = dot * bx - vx, dot * by - vy, dot * bz - vz
        fresnel = 0.028 + 0.972 * (1 - nv) ** 5 * 0.3
        t = min(max(0.5 + 0.5 * (rx * up[0] + ry * up[1] + rz * up[2]), 0.0), 1.0)
        gloss = min(max(sample[4], 0.1), 2.0) * (1 + 0.7 * lip * (0.4 + made_up)) * (1 - 0.8 * inside) * oil
        gloss *= 1 + 2.5 * lid * (1 - upper)  # the wet line
        gloss *= (1 - cover * 0.8) * fresnel * min(max(4 * facing, 0.0), 1.0)  # no line of light along outlines
        open_ = px[12] * 0.7
        for c in range(3):
            colour = WHITE[c] * np.exp(-min(max(melanin, 0.0), 1.2) * OF_MELANIN[c] - haemo * OF_HAEMOGLOBIN[c])
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
