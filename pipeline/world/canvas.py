"""A picture being painted: colour, label and inverse depth in one place, so that the three can never disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Canvas:
    """Screen coordinates x, y (1, H, W) in -1..1 (y down), head coordinates u, v (B, H, W), and what is painted so far.

    rgb (B, 3, H, W) in 0..1, labels (B, H, W) uint8 (CelebAMask-HQ's 19 classes), depth (B, H, W) inverse depth.
    """

    x: Tensor
    y: Tensor
    u: Tensor
    v: Tensor
    rgb: Tensor
    labels: Tensor
    depth: Tensor
    pixel: float

    @classmethod
    def blank(cls, batch: int, size: int, device: torch.device) -> Canvas:
        line = (torch.arange(size, device=device, dtype=torch.float32) + 0.5) * (2 / size) - 1
        x, y = line[None, None, :].expand(1, size, size), line[None, :, None].expand(1, size, size)
        shape = (batch, size, size)
        return cls(
            x=x,
            y=y,
            u=x.expand(shape),
            v=y.expand(shape),
            rgb=torch.zeros(batch, 3, size, size, device=device),
            labels=torch.zeros(shape, dtype=torch.uint8, device=device),
            depth=torch.zeros(shape, device=device),
            pixel=2 / size,
        )

    def with_head(self, u: Tensor, v: Tensor) -> Canvas:
        """The same canvas with head coordinates set."""
        return replace(self, u=u, v=v)

    def crop(self, x0: float, x1: float, y0: float, y1: float) -> Canvas:
        """A window onto the same pixels; the bounds are screen coordinates, rounded outwards."""
        size = self.x.shape[-1]
        cut = [
            max(0, min(size, round((b + 1) / self.pixel + margin)))
            for b, margin in zip((x0, x1, y0, y1), (-1, 1, -1, 1), strict=True)
        ]
        xs, ys = slice(cut[0], cut[1]), slice(cut[2], cut[3])
        parts = {name: getattr(self, name)[..., ys, xs] for name in ("x", "y", "u", "v", "rgb", "labels", "depth")}
        return replace(self, **parts)

    def cover(self, distance: Tensor, softness: float = 1.0) -> Tensor:
        """Anti-aliased coverage 0..1 of the region where `distance` (screen units, negative inside) is below zero.

        softness: width of the edge in pixels at 256, at least one pixel of this canvas.
        """
        width = max(self.pixel, softness * 2 / 256)
        return (0.5 - distance / width).clamp(0, 1)

    def paint(
        self, colour: Tensor, alpha: Tensor, label: int | None = None, depth: Tensor | float | None = None
    ) -> None:
        """Lay a colour (B, 3) or (B, 3, H, W) over the picture; where alpha > 0.5 set label and inverse depth too."""
        if colour.dim() == 2:
            colour = colour[:, :, None, None]
        self.rgb.add_((colour - self.rgb) * alpha[:, None])
        if label is not None:
            solid = (alpha > 0.5).expand(self.labels.shape)
            self.labels.masked_fill_(solid, label)
            if depth is not None:
                value = torch.as_tensor(depth, device=self.depth.device, dtype=self.depth.dtype)
                self.depth.copy_(torch.where(solid, value.expand(self.depth.shape), self.depth))

    def relabel(self, region: Tensor, label: int) -> None:
        """Give the pixels of a boolean region (B, H, W) another label; colour and depth stay."""
        self.labels.masked_fill_(region.expand(self.labels.shape), label)

    def fade(self, frequency: float) -> float:
        """How much of a pattern of this angular frequency (radians per screen unit) this pixel size can show, 0..1."""
        return float(min(1.0, max(0.0, 2.0 - frequency * self.pixel)))

    def normals(self, height: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Unit normals (nx, ny, nz) of a height field (B, H, W) by central differences."""
        gx, gy = torch.zeros_like(height), torch.zeros_like(height)
        gx[:, :, 1:-1] = (height[:, :, 2:] - height[:, :, :-2]) / (2 * self.pixel)
        gy[:, 1:-1] = (height[:, 2:] - height[:, :-2]) / (2 * self.pixel)
        nz = torch.rsqrt(gx * gx + gy * gy + 1)
        return -gx * nz, -gy * nz, nz


def ellipse(x: Tensor, y: Tensor, rx: Tensor | float, ry: Tensor | float) -> Tensor:
    """First-order signed distance to an ellipse with radii rx, ry around the origin (negative inside)."""
    inner = torch.sqrt((x / rx) ** 2 + (y / ry) ** 2 + 1e-9)
    slope = torch.sqrt((x / rx**2) ** 2 + (y / ry**2) ** 2 + 1e-9)
    return inner * (inner - 1) / slope


def palette(t: Tensor, colours: list[tuple[float, float, float]]) -> Tensor:
    """Colours (B, 3) at positions t (B,) in 0..1 along an evenly spaced list, linear between neighbours."""
    table = torch.tensor(colours, device=t.device)
    position = t.clamp(0, 1) * (len(colours) - 1)
    below = position.floor().clamp(max=len(colours) - 2).long()
    weight = (position - below)[:, None]
    return table[below] * (1 - weight) + table[below + 1] * weight


def tint(colour: tuple[float, float, float], like: Tensor) -> Tensor:
    """A fixed colour as (1, 3, 1, 1) on the device of `like`."""
    return torch.tensor(colour, device=like.device).view(1, 3, 1, 1)
