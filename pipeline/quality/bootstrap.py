"""Means over portraits with bootstrap confidence intervals.

Edits of one portrait are alike, so that portraits are drawn, not edits (a cluster bootstrap: Davison & Hinkley,
"Bootstrap Methods and their Application", 1997, section 3.8), and the interval is between percentiles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES, LEVEL, SEED = 9999, 0.95, 0


@dataclass(frozen=True)
class Estimate:
    """A mean with its confidence interval; NaN where there is nothing to average, or one portrait only."""

    mean: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the interval lies on one side of 0; else 0."""
        return int(self.low > 0) - int(self.high < 0)

    def scaled(self, scale: float) -> "Estimate":
        """The same in other units."""
        return Estimate(scale * self.mean, scale * self.low, scale * self.high)


def ratio(numerators: ArrayLike, denominators: ArrayLike, resamples: int = RESAMPLES) -> Estimate:
    """Sum of numerators over sum of denominators, with the 95 % interval when portraits are drawn again.

    With counts below, the mean over all edits of all portraits.

    Args:
        numerators: One sum per portrait.
        denominators: Likewise, not negative; portraits of which it is 0 are left out.
        resamples: Samples of portraits, always the same.
    """
    from scipy.stats import bootstrap

    above, below = np.asarray(numerators, float), np.asarray(denominators, float)
    above, below = above[below > 0], below[below > 0]
    if not len(above):
        return Estimate(*[float("nan")] * 3)
    mean = float(above.sum() / below.sum())
    if len(above) < 2:
        return Estimate(mean, float("nan"), float("nan"))
    interval = bootstrap(
        (above, below),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.asarray(above.sum(axis) / below.sum(axis))
