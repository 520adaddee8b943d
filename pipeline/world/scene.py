"""What surrounds the head: background, neck with double chin, and clothes."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.world.canvas import Canvas, ellipse
from pipeline.world.head import CHIN_V, column, skin_tone
from pipeline.world.parameters import Parameters, smoothstep
from pipeline.world.shading import Light
from postprocess.labels import CelebAMask


def _tinted(light: Tensor, red: Tensor, blue: Tensor, strength: float) -> Tensor:
    """A colour (B, 3) from lightness and two opposing tints."""
    grey = torch.stack([light, light, light], 1)
    shift = torch.stack([red - 0.3 * blue, -0.35 * red - 0.35 * blue, blue - 0.3 * red], 1)
    return (grey * (1 + strength * shift)).clamp(0, 1)


def draw_background(canvas: Canvas, p: Parameters) -> None:
    """A plain studio backdrop with a soft gradient and a light spot behind the head."""
    colour = _tinted(0.22 + 0.58 * p.background_light, p.background_red, p.background_blue, 0.20)[:, :, None, None]
    slope = 0.16 * column(p, "background_slope") * canvas.x - 0.10 * canvas.y
    spot = 0.16 * torch.exp(-((canvas.x - 0.15) ** 2 + (canvas.y + 0.35) ** 2) / 0.8)
    canvas.paint(
        colour * (0.92 + slope + spot)[:, None], torch.ones_like(canvas.depth), label=CelebAMask.BACKGROUND, depth=0.04
    )


def draw_neck(canvas: Canvas, p: Parameters, light: Light) -> None:
    """Neck in the chin's shadow, and the fold of a double chin below the jaw."""
    male = 1 - column(p, "female")
    x = canvas.x - 0.35 * torch.sin(column(p, "yaw")) * (canvas.v - 1.0)
    v = canvas.v
    width = 0.255 + 0.045 * male + 0.02 * column(p, "cheeks") + 0.35 * (canvas.y - 0.86).clamp(min=0) ** 1.5
    distance = x.abs() - width
    round_ = 0.30 * torch.sqrt((1 - (x / (width + 0.02)) ** 2).clamp(min=0.02))
    chin = CHIN_V + 0.02 * male - 0.55 * x**2
    shade = 0.58 + 0.42 * smoothstep(v - chin - 0.05 * light.direction[0] * x, 0.02, 0.26)
    lines = (
        0.05 * smoothstep(column(p, "age"), 0.4, 1.0) * torch.exp(-((torch.sin((v + 0.1 * x**2) * 36) - 1) ** 2) / 0.1)
    )
    tone = skin_tone(p)[:, :, None, None]
    lit = light.shade(canvas, tone, round_, shade * (1 - lines), gloss=0.03)
    inside = canvas.cover(distance, 1.5) * (canvas.y > 0.2)
    canvas.paint(lit, inside, label=CelebAMask.NECK, depth=0.50 + 0.2 * round_)
    fat = column(p, "double_chin")
    bag = ellipse(canvas.u, v - CHIN_V - 0.02 * male + 0.035, 0.30 + 0.02 * male, 0.075 + 0.105 * fat)
    on = smoothstep(fat, 0.02, 0.3)
    dome = 0.26 * torch.sqrt((-bag).clamp(min=0) + 1e-4)
    below = smoothstep(v, CHIN_V + 0.03, CHIN_V + 0.14)
    fold = light.shade(
        canvas, tone * canvas.rgb.new_tensor([1.0, 0.97, 0.96]).view(1, 3, 1, 1), dome, 0.94 - 0.26 * below, gloss=0.05
    )
    canvas.paint(fold, canvas.cover(bag, 2.0) * on * inside)
    crease = torch.exp(-((bag / 0.016) ** 2)) * (v > CHIN_V) * inside * on
    canvas.paint(skin_tone(p) * tone.new_tensor([0.60, 0.47, 0.43]), crease * 0.75)


def draw_clothes(canvas: Canvas, p: Parameters, light: Light) -> None:
    """A round or V-necked top."""
    male = 1 - column(p, "female")
    x, y = canvas.x, canvas.y
    body = ellipse(x, y - 1.50, 0.98 + 0.10 * male, 0.60 + 0.03 * male)
    vee = smoothstep(column(p, "collar"), 0.35, 0.65)
    round_neck = ellipse(x, y - 0.90, 0.31 + 0.03 * male, 0.115)
    v_neck = (x.abs() - 0.31 + (y - 0.80) * 0.95) * 0.8
    neckline = round_neck + (v_neck - round_neck) * vee
    distance = torch.maximum(body, -neckline)
    colour = _tinted(0.10 + 0.75 * p.clothes_light, p.clothes_red, p.clothes_blue, 0.26)[:, :, None, None]
    height = 0.36 * torch.sqrt((-body).clamp(min=0) + 1e-4) - 0.04 * torch.exp(-((neckline / 0.05) ** 2))
    inside = canvas.cover(distance, 1.5)
    canvas.paint(light.shade(canvas, colour, height, gloss=0.03), inside, label=CelebAMask.CLOTHES, depth=0.45)
    seam = torch.exp(-(((neckline - 0.032) / 0.018) ** 2)) * inside
    canvas.paint(colour * 0.62, seam * 0.7)
