"""Random numbers by topic: the few that tell a person from another, and the noise of hairs and pores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

FEW = 32
"""Numbers drawn at once that may be traits; more are noise."""
normal_of = np.vectorize(NormalDist().inv_cdf, otypes=[float])
"""Standard normal numbers of uniform ones in 0..1, neither of them included."""


class Stream:
    """Random numbers as of numpy's Generator; each trait is a monotone function of one uniform number.

    Args:
        traits: Uniform numbers in 0..1 that are used up first, by draws of at most FEW numbers.
        noise: Where all other numbers come from.
    """

    def __init__(self, traits: Sequence[float] | np.ndarray[Any, Any], noise: np.random.Generator) -> None:
        self._traits = np.asarray(traits, np.float64)
        self._noise = noise

    def random(self, size: int | tuple[int, ...] | None = None) -> Any:
        """Uniform numbers in 0..1."""
        count = 1 if size is None else int(np.prod(size))
        if count > min(FEW, len(self._traits)):
            return self._noise.random(size)
        taken, self._traits = self._traits[:count], self._traits[count:]
        return float(taken[0]) if size is None else taken.reshape(size)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: int | tuple[int, ...] | None = None) -> Any:
        """Uniform numbers in low..high, which may be arrays."""
        return np.asarray(low) + (np.asarray(high) - low) * self.random(_shape(size, low, high))

    def normal(self, mean: Any = 0.0, deviation: Any = 1.0, size: int | tuple[int, ...] | None = None) -> Any:
        """Normal numbers; mean and deviation may be arrays."""
        shape = _shape(size, mean, deviation)
        if shape is not None and int(np.prod(shape)) > FEW:
            return self._noise.normal(mean, deviation, shape)
        return mean + np.asarray(deviation) * normal_of(np.clip(self.random(shape), 1e-9, 1 - 1e-9))

    def integers(self, low: int, high: int | None = None, size: int | None = None) -> Any:
        """Whole numbers from low to high - 1, or from 0 to low - 1."""
        low, high = (0, low) if high is None else (low, high)
        drawn = np.floor(low + (high - low) * np.asarray(self.random(size))).astype(int)
        return int(drawn) if size is None else drawn

    def choice(self, options: Any, size: int | None = None, replace: bool = True, p: Any = None) -> Any:
        """One of some options or numbers, by the chances `p`; several without replacement are noise."""
        if size is not None:
            return self._noise.choice(options, size, replace)
        options = range(options) if isinstance(options, int) else options
        chances = np.full(len(options), 1 / len(options)) if p is None else np.asarray(p)
        return options[min(int(np.searchsorted(np.cumsum(chances), self.random(), "right")), len(options) - 1)]

    def standard_normal(self, size: tuple[int, ...], dtype: type = np.float32) -> Any:
        """Normal noise."""
        return self._noise.standard_normal(size, dtype)

    def dirichlet(self, alpha: Sequence[float], size: int) -> Any:
        """Noise of shares that add up to 1."""
        return self._noise.dirichlet(alpha, size)


def _shape(size: int | tuple[int, ...] | None, *values: Any) -> int | tuple[int, ...] | None:
    if size is not None:
        return size
    return np.broadcast_shapes(*(np.shape(value) for value in values)) or None
