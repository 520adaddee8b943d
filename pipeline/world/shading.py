"""Light: wrapped diffuse with a red shift (skin lets light through), soft highlights, ambient from above."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.world.canvas import Canvas
from pipeline.world.parameters import Parameters


@dataclass(frozen=True)
class Light:
    """One directional light; direction and half vector as three tensors (B, 1, 1) each, colour (B, 3, 1, 1)."""

    direction: tuple[Tensor, Tensor, Tensor]
    half: tuple[Tensor, Tensor, Tensor]
    colour: Tensor

    @classmethod
    def of(cls, p: Parameters) -> Light:
        azimuth = (p.light_azimuth * 0.36)[:, None, None]
        elevation = (0.55 + 0.14 * p.light_elevation)[:, None, None]
        x, y = torch.sin(azimuth) * torch.cos(elevation), -torch.sin(elevation)
        z = torch.cos(azimuth) * torch.cos(elevation)
        length = torch.sqrt(x**2 + y**2 + (z + 1) ** 2)
        warm = torch.stack([1 + 0.025 * p.light_warmth, 1 + 0 * p.light_warmth, 1 - 0.04 * p.light_warmth], 1)
        return cls((x, y, z), (x / length, y / length, (z + 1) / length), warm[:, :, None, None])

    def diffuse(self, normals: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Cosine between normals and light (B, H, W), -1..1."""
        return sum((n * d for n, d in zip(normals, self.direction, strict=True)), torch.zeros(()))

    def shade(
        self,
        canvas: Canvas,
        colour: Tensor,
        height: Tensor,
        occlusion: Tensor | None = None,
        gloss: float = 0.1,
    ) -> Tensor:
        """Light a surface of the given albedo (B, 3, H, W or 1, 1) and height (B, H, W); returns (B, 3, H, W).

        occlusion: 1 = open, lower = darker (blue loses most, as on skin); gloss: strength of the highlight.
        """
        normals = canvas.normals(height)
        cosine = self.diffuse(normals)
        wide, narrow = ((cosine + 0.45) / 1.45).clamp(min=0), ((cosine + 0.22) / 1.22).clamp(min=0)
        ambient = 0.38 - 0.09 * normals[1]
        light = torch.stack([wide, 0.45 * wide + 0.55 * narrow, narrow], 1) * 0.72 * self.colour
        lit = colour * (
            light + ambient[:, None] * torch.tensor([1.03, 1.0, 1.03], device=colour.device).view(1, 3, 1, 1)
        )
        if occlusion is not None:
            lit = lit * torch.stack([occlusion**0.75, occlusion, occlusion**1.05], 1)
        shine = sum((n * h for n, h in zip(normals, self.half, strict=True)), torch.zeros(())).clamp(min=0) ** 14
        lit = lit + gloss * shine[:, None] * (0.5 + 0.5 * colour)
        return lit + ((1 - normals[2]).clamp(min=0) ** 3 * 0.08)[:, None] * colour
