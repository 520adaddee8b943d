"""Batches of a split: shuffled by epoch, mirrored, moved and recoloured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline.core.tensors import UNIT, to_tensor
from pipeline.training import augment
from pipeline.training.lapa.cache import Array, Split
from postprocess.labels import LAPA_MIRRORED

Batch = tuple[Tensor, Tensor]


def augmented(images: Array, labels: Array, rng: np.random.Generator) -> Batch:
    """Pictures in 0..1 (B, 3, H, W) and classes uint8 (B, H, W): half of them mirrored, all moved and recoloured."""
    images, labels = augment.flip_some(images, labels, rng, LAPA_MIRRORED)
    maps = augment.placement(len(images), rng)
    x = augment.noise(augment.warp(augment.colour(to_tensor(images), rng), maps), rng)
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
        yield to_tensor(split.rgb[part], normalisation=UNIT), torch.from_numpy(np.array(split.labels[part]))
