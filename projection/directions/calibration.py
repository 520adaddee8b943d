"""Calibration of a fitted direction: a strength at which the predictor agrees, little change of other attributes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.attributes import TranslationName, attributes
from pipeline.core.types import Floats
from projection.attributes.scoring import TAIL, Samples, Scorer, agreement, bystanders, changes, sources
from projection.directions.settings import DirectionSettings

AGREED = 0.9
"""Required agreement of the median portrait: probability of the target class, or value of the cursor."""

CLASS_FLOOR, CURSOR_FLOOR = (0.1, 0.5), (0.12, TAIL)
"""Quantile of the portraits and its required agreement: the median alone says nothing of the weaker half."""

CLOSE_ENOUGH = 1.15
"""Ratio of two bracketing strengths at which the search stops."""

NEGLIGIBLE = 0.03
"""Difference in mean agreement that does not justify more strength."""

LIMITS = (0.3, 2.0)
"""Strengths of the search, in units of the fitted direction; the generator was not trained on latents farther away."""

Measure = Callable[[float], Floats]


@dataclass(frozen=True)
class Outcome:
    """Figures of a translation on portraits held back from the fit.

    Attributes:
        portraits: Number of portraits.
        strength: In units of the fitted direction.
        success: Share that ends in the target class, or beyond the population's tail.
        agreement: Median agreement.
        gain: Mean change of the cursor or of the target's probability.
        leak: Mean absolute change of the other attributes, by code: cursor, or half the sum over the probabilities.
    """

    portraits: int
    strength: float
    success: float
    agreement: float
    gain: float
    leak: dict[str, float]

    def as_dict(self) -> dict[str, object]:
        """Rounded numbers, None for unmeasured ones, and the five largest leaks."""
        worst = sorted(self.leak.items(), key=lambda pair: -pair[1])[:5]
        numbers = {
            key: None if math.isnan(value) else round(value, 4) for key, value in asdict(self).items() if key != "leak"
        }
        return numbers | {"leak": {code: round(value, 4) for code, value in worst}}


def calibrate(
    name: TranslationName,
    direction: Floats,
    coefficients: Floats,
    pools: Sequence[Samples],
    scorer: Scorer,
    settings: DirectionSettings,
) -> tuple[Outcome, Floats]:
    """Correct the fitted direction of a translation, then find its strength with `search`.

    Newton steps: the predicted mean change of the other attributes' scores is subtracted along the coefficients.

    Args:
        direction: Fitted direction (dim,).
        coefficients: Forward regression (outputs, dim).
        pools: Samples to choose portraits from.

    Returns:
        Outcome and path (K, n_style, dim).
    """
    start, places = choose(name, pools, settings.validation), bystanders(name)
    end = without_leak(places, direction, coefficients, start, scorer, settings.leak_steps)
    count = 1 if attributes()[name.code].kind == "cursor" else settings.waypoints
    points = [
        without_leak(
            places, end * np.float32((k + 1) / count), coefficients, start, scorer, min(1, settings.leak_steps)
        )
        for k in range(count - 1)
    ]
    path = np.repeat(np.stack([*points, end])[:, None], scorer.generator.n_style, axis=1)
    return rescale(name, path, start, scorer, settings.evaluations)


def rescale(
    name: TranslationName, path: Floats, start: Samples, scorer: Scorer, evaluations: int
) -> tuple[Outcome, Floats]:
    """Outcome and rescaled path of a translation whose `path` (K, n_style, dim) needs only another length."""
    if len(start) == 0:
        return Outcome(0, 1.0, float("nan"), float("nan"), float("nan"), {}), path
    strength, scores = search(name, lambda s: scorer(start.latents + np.float32(s) * path[-1]), evaluations)
    return judge(name, start.scores, scores, strength), np.float32(strength) * path


def choose(name: TranslationName, pools: Sequence[Samples], count: int) -> Samples:
    """The first `count` portraits at the source of a translation, an equal share from each pool where available."""
    found = [pool[np.flatnonzero(sources(name, pool.scores))] for pool in pools]
    shares = [each[: count // len(found)] for each in found]
    shares[0] = found[0][: len(shares[0]) + count - sum(map(len, shares))]
    return Samples(
        np.concatenate([share.latents for share in shares]), np.concatenate([share.scores for share in shares])
    )


def search(name: TranslationName, measure: Measure, evaluations: int) -> tuple[float, Floats]:
    """Smallest sufficient strength and the scores there, from at most `evaluations` calls of `measure`.

    Bisection between the largest insufficient and the smallest sufficient strength. Larger strengths overshoot some
    classes (middle age): without a sufficient one, the smallest with nearly the best mean agreement is taken.
    """
    seen: dict[float, Floats] = {}
    strength = 1.0
    for _ in range(evaluations):
        seen[strength] = measure(strength)
        enough = [s for s, scores in seen.items() if reached(name, scores)]
        following = _between(seen, min(enough)) if enough else _beyond(name, seen)
        if following is None:
            break
        strength = float(np.clip(following, *LIMITS))
        if strength in seen:
            break
    enough = [s for s, scores in seen.items() if reached(name, scores)]
    means = {s: float(_capped(name, scores).mean()) for s, scores in seen.items()}
    best = min(enough or [s for s, mean in means.items() if mean >= max(means.values()) - NEGLIGIBLE])
    return best, seen[best]


def reached(name: TranslationName, scores: Floats) -> bool:
    """Whether the median and the low quantile agree sufficiently."""
    values = agreement(name, scores)
    quantile, floor = CURSOR_FLOOR if attributes()[name.code].kind == "cursor" else CLASS_FLOOR
    return bool(np.median(values) >= AGREED and np.quantile(values, quantile) >= floor)


def judge(name: TranslationName, before: Floats, after: Floats, strength: float) -> Outcome:
    """Outcome of a translation from the scores (N, outputs) of the same portraits before and after it."""
    values = agreement(name, after)
    threshold = TAIL if attributes()[name.code].kind == "cursor" else 0.5
    sign = -1.0 if name.value == "min" else 1.0
    return Outcome(
        portraits=len(after),
        strength=strength,
        success=float((values > threshold).mean()),
        agreement=float(np.median(values)),
        gain=sign * float((values - agreement(name, before)).mean()),
        leak=leaks(bystanders(name), before, after),
    )


def leaks(places: Mapping[str, slice], before: Floats, after: Floats) -> dict[str, float]:
    """Mean absolute change of attributes by code, see `Outcome`, from scores (N, outputs) before and after.

    Args:
        places: Outputs by code.
    """
    return {code: float(change.mean()) for code, change in changes(places, before, after).items()}


def without_leak(
    places: Mapping[str, slice], point: Floats, coefficients: Floats, start: Samples, scorer: Scorer, steps: int
) -> Floats:
    """A displacement (dim,) or (n_style, dim) less its mean change of attributes, by Newton steps.

    Args:
        places: Outputs of the attributes that should not change, by code.
        coefficients: Forward regression (outputs, dim).
        start: Portraits to measure the change on.
    """
    columns = outputs(places)
    for _ in range(steps if len(start) and len(columns) else 0):
        change = (scorer(start.latents + point) - start.scores)[:, columns].mean(0)
        point = point - change @ coefficients[columns]
    return point


def outputs(places: Mapping[str, slice]) -> NDArray[np.intp]:
    """Columns of the outputs of attributes."""
    return np.array([column for place in places.values() for column in range(place.start, place.stop)], np.intp)


def _between(seen: dict[float, Floats], enough: float) -> float | None:
    below = [s for s in seen if s < enough]
    if not below:
        return enough * 0.75
    return None if enough / max(below) <= CLOSE_ENOUGH else (enough + max(below)) / 2


def _beyond(name: TranslationName, seen: dict[float, Floats]) -> float | None:
    order = sorted(seen)
    best = max(order, key=lambda s: float(_capped(name, seen[s]).mean()))
    if best == order[-1]:
        return best * 1.4
    if best == order[0]:
        return best * 0.75
    after = order[order.index(best) + 1]
    return None if after / best <= CLOSE_ENOUGH else (best + after) / 2


def _capped(name: TranslationName, scores: Floats) -> Floats:
    """Agreement, at most AGREED."""
    return np.minimum(agreement(name, scores), AGREED)
