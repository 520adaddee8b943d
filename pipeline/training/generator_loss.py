"""Losses of the generator: error of the skip images, error of the change between portraits of a pair."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Least change of a pixel of the edit (largest channel, in -1..1), least area of an edit as a share of the image.
CHANGED, LEAST_REGION = 0.02, 0.01


def level_loss(rgbs: list[Tensor], target: Tensor, weight: Tensor) -> Tensor:
    """Weighted L1 plus gradient L1 of all skip images; target (B, 3, R, R) in -1..1, pixel weights (B, 1, R, R)."""
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
    """L1 between generated and true change of every pair, averaged over the pixels that truly change.

    Many edits are faint: without this loss the generator learns no wrinkles.

    Args:
        image: Generated images (2 P, 3, R, R) in -1..1; i and P + i are one person before and after an edit.
        target: Their renders.
    """
    drawn, true = (x[: len(x) // 2] - x[len(x) // 2 :] for x in (image, target))
    region = (true.abs().amax(1, keepdim=True) > CHANGED).float()
    region = F.max_pool2d(region, 3, stride=1, padding=1)
    error = ((drawn - true).abs() * region).mean((1, 2, 3))
    return (error / region.mean((1, 2, 3)).clamp(min=LEAST_REGION)).mean()
