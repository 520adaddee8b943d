"""Paint portraits: parameters in, RGB, label map and inverse depth out, layer by layer from back to front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.core.tensors import UNIT, to_uint8
from pipeline.world.canvas import Canvas
from pipeline.world.features import draw_brows, draw_ears, draw_eyes, draw_glasses, draw_mouth, draw_nostrils
from pipeline.world.hair import Hair, hair_colour
from pipeline.world.head import draw_head, posed
from pipeline.world.parameters import Parameters
from pipeline.world.scene import draw_background, draw_clothes, draw_neck
from pipeline.world.shading import Light

# Raised whenever a pixel of any portrait changes: weights name the version they were trained on.
VERSION = 1


@dataclass(frozen=True)
class Render:
    """rgb (B, H, W, 3) uint8, labels (B, H, W) uint8 (19 CelebAMask-HQ classes), depth (B, H, W) float32 in 0..1."""

    rgb: np.ndarray
    labels: np.ndarray
    depth: np.ndarray


@torch.no_grad()
def paint(p: Parameters, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The portraits as tensors: rgb (B, 3, size, size) in 0..1, labels (B, size, size) uint8, depth (B, size, size)."""
    canvas = Canvas.blank(len(p), size, p.yaw.device)
    light = Light.of(p)
    draw_background(canvas, p)
    head = posed(canvas, p)
    hair = Hair(head, p, light)
    hair.draw_back()
    draw_neck(head.crop(-1, 1, 0.2, 1), p, light)
    draw_clothes(canvas.crop(-1, 1, 0.6, 1), p, light)
    draw_ears(head.crop(-0.78, 0.78, -0.2, 0.3), p, light)
    height = draw_head(head, p, light, hair_colour(p))
    draw_nostrils(head.crop(-0.25, 0.25, 0.1, 0.45), p)
    draw_mouth(head.crop(-0.35, 0.35, 0.25, 0.65), p, light)
    draw_eyes(head.crop(-0.5, 0.5, -0.3, 0.15), p, light)
    draw_brows(head.crop(-0.6, 0.6, -0.42, -0.02), p, hair_colour(p))
    hair.draw_front(height)
    draw_glasses(head, p, height)
    rgb = canvas.rgb * (1 + 0.06 * (1 - canvas.rgb))
    return rgb.clamp(0, 1), canvas.labels, canvas.depth.clamp(0, 1)


def render(p: Parameters, size: int) -> Render:
    """Render portraits at size x size pixels (32 to 512); deterministic for the same parameters and machine."""
    rgb, labels, depth = paint(p, size)
    return Render(to_uint8(rgb, UNIT), labels.cpu().numpy(), depth.float().cpu().numpy())
