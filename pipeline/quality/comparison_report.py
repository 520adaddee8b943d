"""Tables and JSON of the benchmark of edits."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from pipeline.core.version import package_version
from pipeline.quality.bootstrap import LEVEL, RESAMPLES, SEED, Estimate
from pipeline.quality.comparison import METRICS, SUCCESSES, Difference, better, difference, figures
from pipeline.quality.judging import Row
from pipeline.quality.methods import OURS, WITHOUT
from pipeline.quality.portraits import FIRST_SEED
from pipeline.quality.summary import Table, by_edit, mean, number

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by method."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["method"]), []).append(row)
    return groups


class Comparison:
    """All methods of a benchmark, compared with `OURS`.

    Args:
        rows: Of all methods, see `Benchmark.measure`.
        titles: Of the methods, in the order of the tables.
    """

    def __init__(self, rows: Sequence[Row], titles: Mapping[str, str]) -> None:
        self.titles, self.rows = titles, by_method(rows)
        self.figures = {name: figures(self.rows[name]) for name in titles}
        self.differences = {name: difference(self.rows[name], self.rows[OURS]) for name in titles if name != OURS}

    def tables(self) -> list[Table]:
        """Means, differences over all edits, differences at matched success, success by edit."""
        shown = [name for name in self.titles if not name.startswith(WITHOUT)]
        edits = by_edit([row for name in shown for row in self.rows[name]])
        return [
            Table(
                "Means of the methods with 95 % intervals",
                "methods",
                ("method", *(metric.title for metric in METRICS.values())),
                tuple(
                    (self.titles[name], *(_cell(metric, each) for metric, each in found.items()))
                    for name, found in self.figures.items()
                ),
            ),
            self._differences("Difference from ours, adaptive, over all edits", "differences", matched=False),
            self._differences(
                "Difference from ours, adaptive, over the edits in which both reached the target",
                "matched",
                matched=True,
            ),
            Table(
                "Target reached (%), by edit",
                "by_edit",
                ("edit", "truth", *(self.titles[name] for name in shown)),
                tuple(
                    (edit, *(number(100 * value, 1) for value in _successes(rows, shown)))
                    for edit, rows in edits.items()
                ),
            ),
        ]

    def results(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Everything as JSON, None for what has no number.

        Args:
            about: Of the benchmark: model set and weights, resolution, configuration.
        """
        rows = self.rows[OURS]
        portraits = sorted({str(row["portrait"]) for row in rows})
        return {
            "benchmark": {
                **about,
                "portraits": len(portraits),
                "edits": len(rows),
                "first_seed": FIRST_SEED,
                "reference": OURS,
                "interval": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "drawn": "portraits"},
                "versions": {
                    "face-edit": package_version(),
                    "python": platform.python_version(),
                    **{package: version(package) for package in PACKAGES},
                },
            },
            "methods": {
                name: {
                    "title": self.titles[name],
                    "edits": len(self.rows[name]),
                    "figures": {metric: _plain(each) for metric, each in found.items()},
                }
                for name, found in self.figures.items()
            },
            "differences": {name: _plain_difference(each) for name, each in self.differences.items()},
        }

    def _differences(self, title: str, slug: str, matched: bool) -> Table:
        metrics = {name: metric for name, metric in METRICS.items() if not matched or name not in SUCCESSES}
        lines = []
        for name, each in self.differences.items():
            found, count = (each.matched, each.matched_edits) if matched else (each.all, each.edits)
            cells = (_cell(metric, found[metric]) + _winner(metric, found[metric]) for metric in metrics)
            lines.append((self.titles[name], str(count), *cells))
        return Table(title, slug, ("method", "edits", *(metric.title for metric in metrics.values())), tuple(lines))


def _successes(rows: Sequence[Row], names: Sequence[str]) -> list[float]:
    """Success of the truth and of each method."""
    groups = by_method(rows)
    return [mean(rows, "success_truth"), *(mean(groups.get(name, []), "success") for name in names)]


def _cell(metric: str, found: Estimate) -> str:
    """A mean with its interval: 93.1 [90.2, 95.8]."""
    shown, digits = found.scaled(METRICS[metric].scale), METRICS[metric].digits
    return f"{number(shown.mean, digits)} [{number(shown.low, digits)}, {number(shown.high, digits)}]"


def _winner(metric: str, found: Estimate) -> str:
    return {1: " theirs", -1: " ours", 0: ""}[better(metric, found)]


def _plain(found: Estimate) -> dict[str, float | None]:
    values = {"mean": found.mean, "low": found.low, "high": found.high}
    return {name: None if np.isnan(value) else round(value, 6) for name, value in values.items()}


def _plain_difference(found: Difference) -> dict[str, Any]:
    return {
        "all": {"edits": found.edits, **{name: _plain(each) for name, each in found.all.items()}},
        "matched": {"edits": found.matched_edits, **{name: _plain(each) for name, each in found.matched.items()}},
    }
