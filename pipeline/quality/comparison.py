"""Figures of methods with intervals, and their paired differences from our own, from the rows of a benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.quality.bootstrap import Estimate, ratio
from pipeline.quality.judging import Row


@dataclass(frozen=True)
class Metric:
    """A figure of a method.

    Attributes:
        title: With its unit.
        column: Of the rows.
        scale, digits: How it is shown.
        higher: Whether higher is better.
        relative: Column that it is a share of; empty for a mean.
    """

    title: str
    column: str
    scale: float = 1.0
    digits: int = 2
    higher: bool = False
    relative: str = ""


METRICS = {
    "success": Metric("target reached (%)", "success", 100, 1, higher=True),
    "relative_success": Metric("of the truth's (%)", "success", 100, 1, higher=True, relative="success_truth"),
    "leakage": Metric("leakage (of 255)", "leakage"),
    "identity": Metric("identity distance", "identity", digits=3),
    "moved_classes": Metric("other classes changed (%)", "moved_classes", 100, 1),
    "moved_cursors": Metric("other cursors moved (of -1..1)", "moved_cursors", digits=3),
    "distance": Metric("distance to the truth (of 255)", "distance"),
    "improves": Metric("nearer to the truth than no edit (%)", "improves", 100, 1, higher=True),
}
SUCCESSES = ("success", "relative_success")
"""Metrics that say nothing where both methods reached the target."""


@dataclass(frozen=True)
class Difference:
    """A method less another one over the edits that both have: positive where it has more.

    Attributes:
        edits: Number of pairs of portrait and edit.
        all: By metric.
        matched_edits: Number of those pairs in which both reached the target.
        matched: By metric, over these pairs.
    """

    edits: int
    all: Mapping[str, Estimate]
    matched_edits: int
    matched: Mapping[str, Estimate]


def figures(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Every metric of the rows of one method."""
    return {
        name: _estimate(rows, metric, [_number(row, metric.column) for row in rows]) for name, metric in METRICS.items()
    }


def difference(rows: Sequence[Row], others: Sequence[Row]) -> Difference:
    """Paired difference of a method's rows from another method's."""
    there = {_pair(row): row for row in others}
    pairs = [(row, there[_pair(row)]) for row in rows if _pair(row) in there]
    matched = [(row, other) for row, other in pairs if row["success"] == 1 and other["success"] == 1]
    return Difference(
        len(pairs),
        {name: _paired(pairs, metric) for name, metric in METRICS.items()},
        len(matched),
        {name: _paired(matched, metric) for name, metric in METRICS.items() if name not in SUCCESSES},
    )


def better(metric: str, found: Estimate) -> int:
    """1 where a difference of a metric speaks for the first method, -1 for the second, 0 where it may be chance."""
    return found.sign if METRICS[metric].higher else -found.sign


def _paired(pairs: Sequence[tuple[Row, Row]], metric: Metric) -> Estimate:
    values = [_number(row, metric.column) - _number(other, metric.column) for row, other in pairs]
    return _estimate([row for row, _ in pairs], metric, values)


def _estimate(rows: Sequence[Row], metric: Metric, values: Sequence[float]) -> Estimate:
    """Mean of values, one per row, or their sum as a share of the sum of the metric's other column."""
    sums: dict[str, list[float]] = {}
    for row, value in zip(rows, values, strict=True):
        if not np.isnan(value):
            total = sums.setdefault(str(row["portrait"]), [0.0, 0.0])
            total[0] += value
            total[1] += _number(row, metric.relative) if metric.relative else 1.0
    return ratio([each[0] for each in sums.values()], [each[1] for each in sums.values()])


def _pair(row: Row) -> tuple[str, str]:
    return str(row["portrait"]), str(row["edit"])


def _number(row: Row, column: str) -> float:
    return float(row[column])
