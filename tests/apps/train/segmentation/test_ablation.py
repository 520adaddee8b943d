"""Why thin parts are found at all: sides swap names when mirrored, and labels are shrunk by nearest neighbour."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from apps.bench.metrics import intersection_over_union
from apps.train.segmentation import cache, data
from apps.train.segmentation.cache import open_split
from apps.train.segmentation.fit import evaluate, fit
from apps.train.segmentation.settings import Settings
from tests.apps.train.segmentation.lapa import write_split

SETTINGS = Settings(encoder_weights="none", size=64, batch_size=8, rate=2e-3)
EPOCHS = 8
CPU = torch.device("cpu")


def by_area(labels: np.ndarray, size: int) -> np.ndarray:
    """The mean of labels, as pictures are shrunk."""
    return np.asarray(cv2.resize(labels, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lapa")
    for seed, (name, count) in enumerate({"train": 96, "val": 8, "test": 32}.items()):
        write_split(place / name, count, 150, seed)
    return place


def thin_parts(folder: Path, work: Path, restore: Callable[[], None] = lambda: None) -> np.ndarray:
    """IoU of both brows and both eyes after a training, on test labels that are shrunk as they should be."""
    net, _ = fit(
        SETTINGS,
        EPOCHS,
        lambda name, size: open_split(folder / name, size, work / "cache", lambda *_: None),
        work / "checkpoint.pt",
        CPU,
        lambda *_: None,
        lambda _: None,
    )
    restore()
    test = open_split(folder / "test", SETTINGS.size, work / "honest", lambda *_: None)
    return intersection_over_union(evaluate(net, test, SETTINGS, CPU)[1])[2:6]


@pytest.mark.full
def test_thin_parts_are_lost_without_swapped_sides_or_nearest_labels(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = thin_parts(folder, tmp_path / "whole")
    monkeypatch.setattr(data, "MIRRORED", np.arange(11, dtype=np.uint8))
    unswapped = thin_parts(folder, tmp_path / "unswapped", monkeypatch.undo)
    monkeypatch.setattr(cache, "shrink_labels", by_area)
    averaged = thin_parts(folder, tmp_path / "averaged", monkeypatch.undo)
    assert whole.min() > 0.65
    assert unswapped.min() < 0.75 * whole.min(), (whole, unswapped)
    assert averaged.min() < 0.75 * whole.min(), (whole, averaged)
