"""Adaptive discriminator augmentation: pixel blitting, geometry and colour, differentiable (Karras et al. 2020).

Order and ranges are those of the paper's appendix B, each transformation with the same probability. All geometry is one
affine map and is sampled once, bilinearly; pixels beyond the border are reflected.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SHIFT = 0.125  # of integer translations, at most, and deviation of the others; share of the side
SCALE_STD = 0.2  # deviations of the binary logarithms of scales
BRIGHTNESS_STD, CONTRAST_STD, SATURATION_STD = 0.2, 0.5, 1.0


def augment(images: Tensor, p: float) -> Tensor:
    """Images (B, 3, R, R) in -1..1, each transformation applied with probability `p` (0..1); the same images at 0."""
    if p <= 0:
        return images
    count, side, device = len(images), images.shape[-1], images.device
    grid = F.affine_grid(geometry(count, side, p)[:, :2].to(device), list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    matrix = colours(count, p).to(device)
    return torch.einsum("bij,bjhw->bihw", matrix[:, :3, :3], moved) + matrix[:, :3, 3, None, None]


def geometry(count: int, side: int, p: float) -> Tensor:
    """Random maps (count, 3, 3) from the points of the result to those of the image, both in -1..1."""
    one = torch.ones(count)
    maps = _scaled(torch.where(_chosen(count, p) & (torch.rand(count) < 0.5), -one, one), one)
    turns = torch.randint(4, (count,)) * (math.pi / 2)
    maps = maps @ _turned(torch.where(_chosen(count, p), turns, 0 * one))
    shift = torch.round((torch.rand(count, 2) * 2 - 1) * SHIFT * side) / (side / 2)
    maps = maps @ _moved(torch.where(_chosen(count, p)[:, None], shift, 0 * shift))

    scale = _power(count, p, SCALE_STD)
    maps = maps @ _scaled(1 / scale, 1 / scale)
    either = 1 - math.sqrt(1 - p)  # so that one of the two turns happens with probability p
    maps = maps @ _turned(torch.where(_chosen(count, either), _angle(count), 0 * one))
    scale = _power(count, p, SCALE_STD)
    maps = maps @ _scaled(1 / scale, scale)
    maps = maps @ _turned(torch.where(_chosen(count, either), _angle(count), 0 * one))
    shift = torch.randn(count, 2) * (2 * SHIFT)
    return maps @ _moved(torch.where(_chosen(count, p)[:, None], shift, 0 * shift))


def colours(count: int, p: float) -> Tensor:
    """Random maps (count, 4, 4) of colours in -1..1: brightness, contrast, luma flip, hue, saturation."""
    grey = torch.full((3,), 1 / math.sqrt(3))
    along = torch.outer(grey, grey)
    matrix = torch.eye(3).expand(count, 3, 3)
    offset = torch.where(_chosen(count, p), torch.randn(count) * BRIGHTNESS_STD, torch.zeros(count))
    contrast = _power(count, p, CONTRAST_STD)
    flip = (_chosen(count, p) & (torch.rand(count) < 0.5)).float()[:, None, None]
    hue = torch.where(_chosen(count, p), _angle(count), torch.zeros(count))[:, None, None]
    saturation = _power(count, p, SATURATION_STD)[:, None, None]

    a, b, c = grey.tolist()
    cross = torch.tensor([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    turn = torch.cos(hue) * (torch.eye(3) - along) + torch.sin(hue) * cross + along  # Rodrigues, about the grey axis
    matrix = contrast[:, None, None] * matrix
    offsets = (contrast * offset)[:, None].expand(count, 3)
    for step in (torch.eye(3) - 2 * flip * along, turn, along + saturation * (torch.eye(3) - along)):
        matrix, offsets = step @ matrix, (step @ offsets[:, :, None])[:, :, 0]
    return torch.cat((matrix, offsets[:, :, None]), 2)


def _chosen(count: int, p: float) -> Tensor:
    return torch.rand(count) < p


def _power(count: int, p: float, deviation: float) -> Tensor:
    return torch.where(_chosen(count, p), torch.exp2(torch.randn(count) * deviation), torch.ones(count))


def _angle(count: int) -> Tensor:
    return (torch.rand(count) * 2 - 1) * math.pi


def _rows(*entries: Tensor) -> Tensor:
    zero, one = torch.zeros_like(entries[0]), torch.ones_like(entries[0])
    return torch.stack((*entries, zero, zero, one), 1).view(-1, 3, 3)


def _scaled(x: Tensor, y: Tensor) -> Tensor:
    zero = torch.zeros_like(x)
    return _rows(x, zero, zero, zero, y, zero)


def _turned(angle: Tensor) -> Tensor:
    zero, sine, cosine = torch.zeros_like(angle), torch.sin(angle), torch.cos(angle)
    return _rows(cosine, -sine, zero, sine, cosine, zero)


def _moved(shift: Tensor) -> Tensor:
    one = torch.ones(len(shift))
    return _rows(one, 0 * one, shift[:, 0], 0 * one, one, shift[:, 1])
