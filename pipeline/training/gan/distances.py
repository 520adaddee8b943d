"""Distances of sets of images by their features: FID and KID."""

from dataclasses import dataclass

import numpy as np

from pipeline.training.gan.features import Features
from pipeline.training.gan.settings import PREDICTOR


@dataclass(frozen=True)
class Distances:
    """FID, and KID in thousandths, with the name of their features."""

    fid: float
    kid: float
    features: str = PREDICTOR


def distances(real: Features, generated: Features, features: str) -> Distances:
    """FID and KID of two sets of features, called `features`."""
    return Distances(frechet_distance(real, generated), 1000 * kernel_distance(real, generated), features)


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
