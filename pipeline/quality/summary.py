"""Tables of the benchmark: figures by edit, sources of error, thresholds of the project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.quality.edits import RAW
from pipeline.quality.judging import Row

Average = Callable[[Sequence[Row], str], float]
SOURCES = ("generator", "direction", "inversion", "blending")


@dataclass(frozen=True)
class Table:
    """A titled table; the first column is the name of the row, the others are formatted numbers."""

    title: str
    slug: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Threshold:
    """A measured figure, its threshold, and whether it passed."""

    what: str
    value: float
    wanted: str
    passed: bool


def reduced(rows: Sequence[Row], column: str, function: Callable[[np.ndarray], float]) -> float:
    """A function of the numbers in a column; NaN without any."""
    values = np.array([float(row[column]) for row in rows], float)
    values = values[~np.isnan(values)]
    return float(function(values)) if values.size else float("nan")


def mean(rows: Sequence[Row], column: str) -> float:
    """Mean of the numbers in a column; NaN without any."""
    return reduced(rows, column, np.mean)


def median(rows: Sequence[Row], column: str) -> float:
    """Median of the numbers in a column; NaN without any."""
    return reduced(rows, column, np.median)


def by_edit(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by identifier, sorted; "all" comes last."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: str(row["edit"])):
        groups.setdefault(str(row["edit"]), []).append(row)
    return groups | {"all": list(rows)}


def positive(rows: Sequence[Row], column: str) -> float:
    """Share of the numbers in a column that are above 0; NaN without any."""
    return reduced(rows, column, lambda values: (values > 0).mean())


def tables(rows: Sequence[Row], stages: Sequence[str]) -> list[Table]:
    """All tables by edit, shares in percent."""
    groups = by_edit(rows)

    def table(
        title: str, slug: str, columns: Mapping[str, str], scale: float = 1.0, digits: int = 1, average: Average = mean
    ) -> Table:
        lines = [
            (name, *(number(scale * average(group, column), digits) for column in columns.values()))
            for name, group in groups.items()
        ]
        return Table(title, slug, ("edit", *columns), tuple(lines))

    kinds = {kind: kind for kind in ("raw", "final", "truth")}
    per_stage = {("raw" if stage == RAW else stage): stage for stage in stages}
    gain = _each("gain", per_stage)
    return [
        table("Target reached (%), seen by the judge", "success", _each("success", kinds), 100),
        table("Leakage: mean change outside the region, of 255", "leakage", _each("leakage", per_stage), 1, 2),
        table("PSNR outside the region (dB)", "outside", _each("outside_psnr", per_stage)),
        # The median, since a gain has no lower bound where the truth hardly differs from the original.
        table("Gain inside the region (%), median", "gain", gain, 100, average=median),
        table("Gain inside the region is positive (%)", "gain_positive", gain, 100, average=positive),
        table("Sources of error: PSNR inside the region (dB)", "sources", {name: f"error_{name}" for name in SOURCES}),
        table("Other classes changed (%)", "moved_classes", _each("moved_classes", kinds), 100),
        table("Other cursors moved (of -1..1)", "moved_cursors", _each("moved_cursors", kinds), 1, 3),
        table("Identity distance", "identity", _each("identity", kinds), 1, 3),
    ]


def verdict(rows: Sequence[Row], nets: Mapping[str, float], stages: Sequence[str]) -> list[Threshold]:
    """The project's thresholds with the measured figures.

    An edit has to be seen in three of four cases, or nearly as often as in the true counterfactuals.
    """
    final = stages[-1]
    groups = by_edit(rows)
    success, wanted = (
        {name: 100 * mean(group, f"success_{kind}") for name, group in groups.items() if name != "all"}
        for kind in ("final", "truth")
    )
    wanted = {name: min(75.0, seen - 3) for name, seen in wanted.items()}
    worst = min(success, key=lambda name: success[name] - wanted[name])
    portraits = list({row["portrait"]: row for row in rows}.values())
    leak, raw_leak = mean(rows, f"leakage_{final}"), mean(rows, f"leakage_{RAW}")
    lost = nets["generator_psnr"] - nets["generator_half_width"]
    return [
        _at_least("generator against render, PSNR (dB)", nets["generator_psnr"], 24),
        _at_least("generator, features only, PSNR (dB)", nets["generator_features"], 23),
        _at_most("half width loses (dB)", lost, 3),
        _at_least("inversion, PSNR (dB)", mean(portraits, "inversion_psnr"), 26),
        _at_most("inversion, seconds per portrait on this machine", mean(portraits, "inversion_seconds"), 20),
        _at_least("parser, mIoU of seven merged classes", nets["parser_miou_merged"], 0.93),
        _at_least("parser, mIoU of classes above 0.1 %", nets["parser_miou_19"], 0.82),
        _at_least("depth, IoU of the foreground", nets["depth_iou"], 0.96),
        _at_least("target reached, mean (%)", float(np.mean(list(success.values()))), 92),
        _at_least(f"target reached, worst edit: {worst} (%)", success[worst], wanted[worst]),
        _at_most("leakage after all steps, of 255", leak, 1),
        _at_most("leakage after all steps, share of the raw one", leak / raw_leak if raw_leak else float("nan"), 1 / 5),
        _at_least("final frame nearer to the truth than the raw one (%)", 100 * mean(rows, "nearer"), 95),
        _at_least("gain inside the region is positive (%)", 100 * positive(rows, f"gain_{final}"), 92),
    ]


def verdict_table(thresholds: Sequence[Threshold]) -> Table:
    """The verdict as a table."""
    lines = tuple((t.what, number(t.value, 2), t.wanted, "pass" if t.passed else "MISS") for t in thresholds)
    return Table("Thresholds", "thresholds", ("figure", "measured", "wanted", "verdict"), lines)


def _each(metric: str, per_stage: Mapping[str, str]) -> dict[str, str]:
    return {title: f"{metric}_{stage}" for title, stage in per_stage.items()}


def number(value: float, digits: int) -> str:
    """A number for a table, `-` for NaN; never -0.0."""
    return "-" if np.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"


def _at_least(what: str, value: float, limit: float) -> Threshold:
    return Threshold(what, value, f">= {limit:g}", value >= limit)


def _at_most(what: str, value: float, limit: float) -> Threshold:
    return Threshold(what, value, f"<= {limit:.3g}", value <= limit)
