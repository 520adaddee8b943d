"""Linear models of scored examples and the directions that they make, compared on examples held back from the fit.

All features are whitened latents. There the normal of a boundary is a direction that takes the covariance of W into
account: covariance x normal of the latents themselves, the way in which the generator's population varies across the
boundary. Without the covariance it is the normal of the latents, the shortest way.

Conditioning: the part of a direction within the span of other attributes' normals is removed (Shen et al.,
InterFaceGAN, CVPR 2020). Among whitened latents this gives the coefficients of `extract.forward_regression`: for rows A
of normals, the mean change of z with the first score and no other is the first column of pinv(A).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from pipeline.core.types import Floats
from projection.directions.examples import Examples
from projection.directions.linear import METHODS, Method, Seen, Source, Space, fit, span, spread
from projection.directions.whitening import Whitening


@dataclass(frozen=True)
class Kind:
    """What a candidate is.

    Attributes:
        covariance: Whether the direction follows the covariance of W.
        conditioned: Whether the normals of other attributes are projected out.
    """

    method: Method
    source: Source
    covariance: bool
    conditioned: bool

    @property
    def conditioning(self) -> str:
        """In words, for the table."""
        parts = ["covariance"] * self.covariance + ["projection"] * self.conditioned
        return " and ".join(parts) or "none"


@dataclass(frozen=True)
class Candidate:
    """A direction with its held-out figures.

    Attributes:
        normal: Whitened features (d,) of which the score is linear.
        path: Displacement (n_style, dim) that moves the mean example without the attribute to the mean one with it.
        held_out: Balanced accuracy of two classes, R2 of numbers, on examples held back: mean over the folds.
        error: Standard error of that mean.
    """

    kind: Kind
    normal: Floats
    path: Floats
    held_out: float
    error: float


@dataclass(frozen=True)
class Task:
    """Whitened examples of one space.

    Attributes:
        features: (N, d): in W the mean over styles (k = d), in W+ all of them, divided by the root of their number.
        others: Orthonormal rows that span the other attributes' normals, (r, d).
        others_plain: The same for the normals of latents that are not whitened.
    """

    space: Space
    features: Floats
    target: Floats
    binary: bool
    others: Floats
    others_plain: Floats
    scale: Floats
    ends: tuple[Any, Any]
    seen: "Mapping[Source, Seen]" = field(default_factory=dict)


def make_task(
    space: Space, examples: Examples, others: Floats, whitening: Whitening, seen: "Mapping[Source, Seen]"
) -> Task:
    """Task of a space.

    Args:
        others: Normals (r, k) of whitened W; those of the examples' own conditions are added.
        seen: Images of the examples, by the net that sees them.
    """
    features = spread(whitening.white(examples.latents), space)
    styles = features.shape[1] // len(whitening.scale)
    scale = np.tile(whitening.scale, styles)
    own = [fit("ridge", features, values, len(np.unique(values)) == 2)[None] for values in examples.conditions.values()]
    normals = np.concatenate([np.tile(others, styles), *own]).astype(np.float32)
    plain = span(normals / scale)
    return Task(space, features, examples.target, examples.binary, span(normals), plain, scale, examples.ends, seen)


def candidates(task: Task, whitening: Whitening, n_style: int, folds: int, seed: int) -> Iterator[Candidate]:
    """Every method with every conditioning in one space."""
    parts = list(_folds(task, folds, seed))
    everything = slice(None)
    for method in METHODS:
        if method == "logistic" and not task.binary:
            continue
        for source, normal_of in _sources(task, method).items():
            fitted, whole = [normal_of(known) for known, _ in parts], normal_of(everything)
            for conditioned in (False, True) if len(task.others) else (False,):
                for covariance in (False, True):
                    kind = Kind(method, source, covariance, conditioned)
                    scores = [
                        _score(task, conditioned_normal(normal, task, kind)[0], *part)
                        for normal, part in zip(fitted, parts, strict=True)
                    ]
                    normal, move = conditioned_normal(whole, task, kind)
                    error = float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
                    path = _path(move * np.float32(_length(task, normal, move)), task, whitening, n_style)
                    yield Candidate(kind, normal, path, float(np.mean(scores)), error)


def _sources(task: Task, method: Method) -> dict[Source, Callable[[Any], Floats]]:
    """Functions from rows of the examples to a normal (d,)."""
    result: dict[Source, Callable[[Any], Floats]] = {
        task.space: lambda rows: fit(method, task.features[rows], task.target[rows], task.binary)
    }
    for source, seen in task.seen.items():
        result[source] = partial(seen.normal, method, task.target, task.binary)
    return result


def conditioned_normal(normal: Floats, task: Task, kind: Kind) -> tuple[Floats, Floats]:
    """Normal of the score and whitened displacement, both (d,), of a candidate."""
    plain = normal if kind.covariance else np.asarray(normal / task.scale, np.float32)
    if kind.conditioned:
        others = task.others if kind.covariance else task.others_plain
        plain = np.asarray(plain - plain @ others.T @ others, np.float32)
    if kind.covariance:
        return plain, plain
    return np.asarray(plain * task.scale, np.float32), np.asarray(plain / task.scale, np.float32)


def _folds(task: Task, folds: int, seed: int) -> Iterator[tuple[Any, Any]]:
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = StratifiedKFold if task.binary else KFold
    yield from kind(folds, shuffle=True, random_state=seed).split(task.features, task.target)


def _score(task: Task, normal: Floats, known: Any, held: Any) -> float:
    """Score of a normal on held-back rows: its values are read with the threshold or line of the known rows."""
    from sklearn.metrics import balanced_accuracy_score, r2_score

    seen, values = task.features[known] @ normal, task.features[held] @ normal
    target = task.target
    if task.binary:
        high = target > target.min()
        middle = (seen[high[known]].mean() + seen[~high[known]].mean()) / 2
        return float(balanced_accuracy_score(high[held], values > middle))
    slope, start = np.polyfit(seen, target[known], 1) if np.ptp(seen) > 0 else (0.0, target[known].mean())
    return float(r2_score(target[held], slope * values + start))


def _length(task: Task, normal: Floats, move: Floats) -> float:
    """Multiple of a displacement that moves the mean example without the attribute to the mean one with it."""
    without, having = (task.features[rows].mean(0) for rows in task.ends)
    rise = float(normal @ move)
    return float((having - without) @ normal / rise) if rise > 0 else 0.0


def _path(move: Floats, task: Task, whitening: Whitening, n_style: int) -> Floats:
    if task.space == "W":
        return np.repeat(whitening.offset(move)[None], n_style, axis=0)
    return whitening.offset(move.reshape(n_style, -1) * np.float32(np.sqrt(n_style)))
