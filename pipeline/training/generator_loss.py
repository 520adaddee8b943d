"""How far a drawn pyramid is from the render, and a drawn change from the render's change."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# A pixel that changes by this much (largest channel, of -1..1) belongs to the edit; the least share an edit counts as.
CHANGED, LEAST_REGION = 0.02, 0.01


def level_loss(rgbs: list[Tensor], target: Tensor, weight: Tensor) -> Tensor:
    """Label-weighted L1 plus gradient L1 on every skip image; target (B, 3, R, R) in -1..1, weight (B, 1, R, R)."""
    total, scale = torch.zeros((), device=target.device), 1.0
    for image in reversed(rgbs):
        error = image - target
        total = total + scale * (error.abs() * weight).mean()
        if image.shape[-1] >= 32:
            across = ((error[..., 1:] - error[..., :-1]).abs() * weight[..., 1:]).mean()
            down = ((error[..., 1:, :] - error[..., :-1, :]).abs() * weight[..., 1:, :]).mean()
            total = total + scale * 0.5 * (across + down)
        target, weight = F.avg_pool2d(target, 2), F.avg_pool2d(weight, 2)
        scale = 0.25
    return total


def change_loss(image: Tensor, target: Tensor) -> Tensor:
    """L1 between drawn and true change of every pair, averaged over the pixels that truly change.

    image, target: (2 P, 3, R, R) in -1..1; i and P + i are one person, before and after an edit. What an edit changes
    is often faint beside what all pictures share: a loss on the pictures alone never draws a wrinkle.
    """
    drawn, true = (x[: len(x) // 2] - x[len(x) // 2 :] for x in (image, target))
    region = (true.abs().amax(1, keepdim=True) > CHANGED).float()
    region = F.max_pool2d(region, 3, stride=1, padding=1)
    error = ((drawn - true).abs() * region).mean((1, 2, 3))
    return (error / region.mean((1, 2, 3)).clamp(min=LEAST_REGION)).mean()
