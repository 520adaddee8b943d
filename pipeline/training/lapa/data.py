"""Batches of a split: shuffled by epoch, mirrored, moved and recoloured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline.training import augment
from pipeline.training.lapa.cache import Array, Split

Batch = tuple[Tensor, Tensor]
# A mirrored face has its left brow (2) where the right one (3) was, and its left eye (4) where the right one (5) was.
MIRRORED: Array = np.array([0, 1, 3, 2, 5, 4, 6, 7, 8, 9, 10], np.uint8)


def mirror(images: Array, labels: Array) -> tuple[Array, Array]:
    """Pictures (B, H, W, 3) and label maps (B, H, W) left to right, left and right parts with their names swapped."""
    return images[:, :, ::-1], MIRRORED[labels[:, :, ::-1]]


def to_input(images: Array) -> Tensor:
    """uint8 (B, H, W, 3) to float32 (B, 3, H, W) in 0..1."""
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float().div_(255)


def augmented(images: Array, labels: Array, rng: np.random.Generator) -> Batch:
    """Pictures in 0..1 (B, 3, H, W) and classes uint8 (B, H, W): half of them mirrored, all moved and recoloured."""
    images, labels = images.copy(), labels.copy()
    which = rng.random(len(images)) < 0.5
    images[which], labels[which] = mirror(images[which], labels[which])
    maps = augment.placement(len(images), rng)
    x = augment.noise(augment.warp(augment.colour(augment.to_tensor(images), rng), maps), rng)
    y = augment.warp(torch.from_numpy(labels)[:, None].float(), maps, nearest=True)[:, 0]
    return x.div_(2).add_(0.5), y.to(torch.uint8)


def epoch_rows(count: int, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Sorted rows of each batch of an epoch over `count` pictures, in a random order.

    What does not fill a last batch is left out: batch statistics of a few pictures mislead.
    """
    order, size = rng.permutation(count), min(batch_size, count)
    return [np.sort(order[start : start + size]) for start in range(0, count - size + 1, size)]


def plain_batches(split: Split, batch_size: int) -> Iterator[Batch]:
    """The pictures as they are, in order."""
    for start in range(0, len(split), batch_size):
        part = slice(start, start + batch_size)
        yield to_input(split.rgb[part]), torch.from_numpy(np.array(split.labels[part]))
