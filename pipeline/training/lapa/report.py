"""Report of a training: learning curves, IoU of each class, confusion matrix."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline.core.files import write_atomic
from pipeline.quality.metrics import intersection_over_union
from pipeline.training.lapa.fit import History
from postprocess.labels import LAPA


def figures_of(total: np.ndarray) -> dict[str, float]:
    """IoU of the classes of LaPa by name, and "mean", from a confusion matrix (11, 11) whose rows are the truth."""
    each = intersection_over_union(total)
    return {**{name: float(value) for name, value in zip(LAPA, each, strict=True)}, "mean": float(np.nanmean(each))}


def write_report(folder: Path, history: History, total: np.ndarray, figures: Mapping[str, float]) -> None:
    """Write history.csv and curves.png, and of the test split iou.csv and confusion.png; see `figures_of`."""
    write_atomic(folder / "history.csv", _table(history[0], [row.values() for row in history]))
    write_atomic(folder / "iou.csv", _table(("class", "iou"), [(n, f"{value:.4f}") for n, value in figures.items()]))
    write_atomic(folder / "curves.png", curves(history))
    write_atomic(folder / "confusion.png", confusion_plot(total))


def curves(history: History) -> bytes:
    """PNG of loss and mIoU by epoch, on training and validation data."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name, title in zip(figure.subplots(1, 2), ("loss", "miou"), ("Focal loss", "mIoU"), strict=True):
        for split, label in (("train", "training"), ("val", "validation")):
            axes.plot(epochs, [row[f"{split}_{name}"] for row in history], marker="o", markersize=3, label=label)
        sizes = [row["size"] for row in history]
        for i in np.flatnonzero(np.diff(sizes)):
            axes.axvline(i + 1.5, color="grey", linestyle=":", label=f"from here {sizes[i + 1]:.0f} px")
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return _png(figure)


def confusion_plot(total: np.ndarray) -> bytes:
    """PNG of a confusion matrix (11, 11) in per cent of each true class."""
    share = 100 * total / np.maximum(total.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(6, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for row, column in np.argwhere(share >= 0.05):
        value = share[row, column]
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color="w" if value > 50 else "k")
    axes.set_xticks(range(len(LAPA)), LAPA, rotation=60, ha="right")
    axes.set_yticks(range(len(LAPA)), LAPA)
    axes.set_xlabel("found")
    axes.set_ylabel("is")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([head, *rows])
    return buffer.getvalue().encode()
