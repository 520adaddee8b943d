"""Batches of a split: shuffled by epoch, mirrored, obstructed, and spoilt as photographs are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline.core.tensors import SYMMETRIC, UNIT, to_tensor
from pipeline.core.types import Image
from pipeline.training import augment
from pipeline.training.lapa.cache import Split
from postprocess.labels import LAPA_MIRRORED, Labels

Batch = tuple[Tensor, Tensor]
OBSTRUCTED = 0.15
"""Share of the images that get obstacles."""


def augmented(images: Image, labels: Labels, rng: np.random.Generator) -> Batch:
    """Images (B, 3, H, W) in 0..1 and classes uint8 (B, H, W) with obstacles, as different cameras see them.

    Half of the images are mirrored, a tenth is grey. What an obstacle covers is background.
    """
    images, labels = augment.flip_some(images, labels, rng, LAPA_MIRRORED)
    images, labels = augment.hide_some(images, labels, rng, OBSTRUCTED)
    images = augment.jpeg(augment.soften(augment.grey(images, rng), rng, share=0.4), rng, share=0.2)
    x, maps = augment.disturb(images, rng, strength=1.3, shift=0.06, scale=0.16, turn=12.0)
    y = augment.warp(torch.from_numpy(labels)[:, None].float(), maps, nearest=True)[:, 0]
    return SYMMETRIC.undo(x), y.to(torch.uint8)


def epoch_rows(count: int, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Sorted rows of each batch of an epoch over `count` images, in a random order.

    An incomplete last batch is left out: the batch statistics of a few images are unreliable.
    """
    order, size = rng.permutation(count), min(batch_size, count)
    return [np.sort(order[start : start + size]) for start in range(0, count - size + 1, size)]


def plain_batches(split: Split, batch_size: int) -> Iterator[Batch]:
    """Images (B, 3, H, W) in 0..1 and classes uint8 (B, H, W) of a split, in order and without augmentation."""
    for start in range(0, len(split), batch_size):
        part = slice(start, start + batch_size)
        yield to_tensor(split.rgb[part], normalisation=UNIT), torch.from_numpy(np.array(split.labels[part]))
