"""Latents in units of the generator's own variation: what few examples cannot tell, samples of W do."""

from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Floats

LEAST = 1e-3
"""Variance of an axis, in means over all axes, below which the generator does not use it: directions leave it alone."""
SHRINKAGE = 0.01
"""Share of the mean variance in that of every axis: inverted latents vary more along W's thin axes than W does."""


@dataclass(frozen=True)
class Whitening:
    """Principal axes of W.

    Attributes:
        mean: Mean latent (dim,).
        axes: Orthonormal rows (k, dim).
        scale: Standard deviations along them (k,), shrunk towards their mean.
    """

    mean: Floats
    axes: Floats
    scale: Floats

    @classmethod
    def of(cls, latents: Floats) -> "Whitening":
        """From samples of W (N, dim), N at least 2."""
        variance, axes = np.linalg.eigh(np.cov(latents, rowvar=False))
        used = variance > LEAST * variance.mean()
        scale = np.sqrt((1 - SHRINKAGE) * variance[used] + SHRINKAGE * variance[used].mean())
        return cls(latents.mean(0), axes[:, used].T.astype(np.float32), scale.astype(np.float32))

    def white(self, latents: Floats) -> Floats:
        """Latents (..., dim) as (..., k): mean 0 and variance about 1 over W."""
        return np.asarray((latents - self.mean) @ self.axes.T / self.scale, np.float32)

    def offset(self, white: Floats) -> Floats:
        """Displacements (..., k) as displacements (..., dim) of a latent."""
        return np.asarray((white * self.scale) @ self.axes, np.float32)
