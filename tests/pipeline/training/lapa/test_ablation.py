"""Why both brows and both eyes are found: sides swap names when a face is mirrored, and labels stay unmixed when they
are resized."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.core.progress import SILENT
from pipeline.quality.metrics import intersection_over_union
from pipeline.training.lapa import cache, data
from pipeline.training.lapa.cache import open_split
from pipeline.training.lapa.fit import evaluate, fit
from pipeline.training.lapa.settings import Settings
from tests.pipeline.training.lapa.lapa import write_split

SETTINGS = Settings(encoder_weights="none", size=64, batch_size=8, rate=2e-3)
EPOCHS = 8
SIDE = 25
"""Of the pictures on disk: what is far from the size they get shows most."""
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lapa")
    for seed, (name, count) in enumerate({"train": 96, "val": 8, "test": 32}.items()):
        write_split(place / name, count, SIDE, seed)
    return place


def thin_parts(folder: Path, work: Path, shrink: Callable[..., np.ndarray] | None = None) -> np.ndarray:
    """IoU of both brows and both eyes on the test split after a training, whose labels are resized by `shrink`."""
    with pytest.MonkeyPatch.context() as patch:
        if shrink is not None:
            patch.setattr(cache, "shrink_labels", shrink)
        shown = {name: open_split(folder / name, SETTINGS.size, work / "shown") for name in ("train", "val")}
    net, _ = fit(
        SETTINGS,
        EPOCHS,
        lambda name, _: shown[name],
        work / "checkpoint.pt",
        CPU,
        SILENT,
        lambda _: None,
    )
    test = open_split(folder / "test", SETTINGS.size, work / "cache")
    return intersection_over_union(evaluate(net, test, SETTINGS, CPU)[1])[2:6]


def mean_labels(labels: np.ndarray, size: int) -> np.ndarray:
    """As a picture would be resized."""
    return np.asarray(cv2.resize(labels, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Where nothing is left out."""
    return thin_parts(folder, tmp_path_factory.mktemp("whole"))


@pytest.mark.full
def test_a_side_is_lost_where_names_are_not_swapped(
    folder: Path, whole: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "LAPA_MIRRORED", np.arange(11, dtype=np.uint8))
    unswapped = thin_parts(folder, tmp_path)
    assert whole.min() > 0.65
    assert unswapped.min() < 0.75 * whole.min(), (whole, unswapped)


@pytest.mark.full
def test_thin_parts_suffer_where_labels_are_resized_like_pictures(
    folder: Path, whole: np.ndarray, tmp_path: Path
) -> None:
    mixed = thin_parts(folder, tmp_path, mean_labels)
    assert mixed.min() < 0.8 * whole.min(), (whole, mixed)
