"""Distances of sets of images: FID and KID on features of the embedded predictor, which need no download.

The figures are not those of the literature, which come from Inception's features: they compare trainings of the same
images with each other, and their name says which features they are of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.tensors import batches
from pipeline.core.types import Image
from pipeline.models import Models

Features = np.ndarray
"""Features of images, float64 (N, D)."""

NAME = "predictor-416"
"""Features: the means over the four stages of the embedded predictor, 32 + 64 + 128 + 192."""


@dataclass(frozen=True)
class Distances:
    """FID, and KID in thousandths, with the name of their features."""

    fid: float
    kid: float
    features: str = NAME


@torch.inference_mode()
def features_of(images: Image | Iterable[Image], device: torch.device) -> Features:
    """Features of uint8 images (N, H, W, 3) or of batches of them."""
    predictor = Models("demo", str(device)).predictor
    net: Any = predictor.net  # type: ignore[union-attr]
    size = predictor.input_size
    found = []
    for part in [images] if isinstance(images, np.ndarray) else images:
        for x in batches(part, size, device, at_once=SMALL_IMAGES):
            maps = [net.maxpool(net.act1(net.bn1(net.conv1(x))))]
            for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
                maps.append(stage(maps[-1]))
            found.append(torch.cat([each.mean((2, 3)) for each in maps[1:]], 1).double().cpu().numpy())
    return np.concatenate(found)


def distances(real: Features, generated: Features) -> Distances:
    """FID and KID of two sets of features."""
    return Distances(frechet_distance(real, generated), 1000 * kernel_distance(real, generated))


def frechet_distance(first: Features, second: Features) -> float:
    """Fréchet distance of the normal distributions with the moments of two sets (Heusel et al. 2017, equation 6)."""
    means, covariances = zip(*((x.mean(0), np.cov(x, rowvar=False)) for x in (first, second)), strict=True)
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    # The trace of the root of a product: of the symmetric matrix with the same eigenvalues.
    product = np.sqrt(np.linalg.eigvalsh(root @ covariances[1] @ root).clip(0)).sum()
    difference = float(np.square(means[0] - means[1]).sum())
    return max(difference + float(np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * product), 0.0)


def kernel_distance(first: Features, second: Features) -> float:
    """Unbiased squared MMD with the kernel (x y / D + 1)^3 (Bińkowski et al. 2018, section 4); may be below 0."""

    def kernel(x: Features, y: Features) -> Features:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: Features) -> float:
        values, count = kernel(x, x), len(x)
        return float((values.sum() - np.trace(values)) / (count * (count - 1)))

    return within(first) + within(second) - 2 * float(kernel(first, second).mean())
