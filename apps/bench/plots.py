"""Plots of the benchmark of edits: success against what an edit costs, with intervals."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.quality.bootstrap import Estimate
from pipeline.quality.comparison import METRICS
from pipeline.quality.projection import Run

# Okabe & Ito, "Color Universal Design", 2008: told apart by people who see fewer colours.
COLOURS = ("#0072B2", "#56B4E9", "#000000", "#D55E00", "#E69F00", "#009E73", "#CC79A7")
MARKERS = "osD^vP*"
COSTS = ("leakage", "identity", "moved_cursors", "distance")


def success_plot(figures: Mapping[str, Mapping[str, Estimate]]) -> bytes:
    """PNG file of relative success against each cost; best is at the lower right.

    Args:
        figures: Metrics by the title of each method.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1 * len(COSTS), 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    success = METRICS["relative_success"]
    for axes, cost in zip(figure.subplots(1, len(COSTS)), COSTS, strict=True):
        for number, (title, found) in enumerate(figures.items()):
            x, y = found["relative_success"].scaled(success.scale), found[cost].scaled(METRICS[cost].scale)
            axes.errorbar(
                [x.mean],
                [y.mean],
                xerr=_bars(x),
                yerr=_bars(y),
                color=COLOURS[number % len(COLOURS)],
                marker=MARKERS[number % len(MARKERS)],
                label=title,
                linewidth=1,
            )
        axes.set_xlabel(f"target reached, {success.title}", fontsize=8)
        axes.set_title(METRICS[cost].title, fontsize=9)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def projection_plot(runs: Sequence[Run]) -> bytes:
    """PNG file of the lowest loss so far against time, both logarithmic, a colour for each schedule."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes, colours = figure.subplots(), dict[str, str]()
    for run in runs:
        label = None if run.schedule in colours else run.schedule
        colour = colours.setdefault(run.schedule, COLOURS[len(colours) % len(COLOURS)])
        axes.plot(*zip(*run.trace, strict=True), color=colour, label=label, linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="seconds of processor time", ylabel="loss at full size, float32")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _bars(found: Estimate) -> list[list[float]]:
    """Lengths below and above the mean; none where there is no interval."""
    return np.nan_to_num([[found.mean - found.low], [found.high - found.mean]]).clip(0).tolist()
