"""What is left to look at agrees with what was counted."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.training.lapa.report import figures_of, write_report
from postprocess.labels import LAPA

HISTORY = [
    {
        "epoch": epoch,
        "size": 128 if epoch == 1 else 224,
        "rate": 1e-3,
        "train_loss": 1 / epoch,
        "val_loss": 2 / epoch,
        "train_miou": 0.5,
        "val_miou": 0.4,
        "seconds": 1.5,
    }
    for epoch in (1, 2, 3)
]


def test_figures_have_a_name_for_each_class() -> None:
    total = np.eye(len(LAPA), dtype=np.int64) * 10
    total[2, 3] = 10  # half of the left brow is taken for the right one
    figures = figures_of(total)
    assert list(figures) == [*LAPA, "mean"]
    assert figures["left brow"] == pytest.approx(10 / 20)
    assert figures["right brow"] == pytest.approx(10 / 20)
    assert figures["nose"] == 1
    assert figures["mean"] == pytest.approx(10 / 11)


def test_the_report_is_tables_and_small_pictures(tmp_path: Path) -> None:
    total = np.arange(1, 122).reshape(11, 11)
    figures = figures_of(total)
    write_report(tmp_path, HISTORY, total, figures)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "iou.csv").read_text())))
    assert {row["class"]: float(row["iou"]) for row in rows} == pytest.approx(figures, abs=1e-4)
    epochs = list(csv.DictReader(io.StringIO((tmp_path / "history.csv").read_text())))
    assert [float(row["val_loss"]) for row in epochs] == [row["val_loss"] for row in HISTORY]
    for name in ("curves.png", "confusion.png"):
        assert (tmp_path / name).stat().st_size < 100_000
        with Image.open(tmp_path / name) as picture:
            assert np.asarray(picture.convert("L")).std() > 10
