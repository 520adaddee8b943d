"""Why both brows and both eyes are found: sides swap their names when a face is mirrored."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.bench.metrics import intersection_over_union
from apps.train.segmentation import data
from apps.train.segmentation.cache import open_split
from apps.train.segmentation.fit import evaluate, fit
from apps.train.segmentation.settings import Settings
from tests.apps.train.segmentation.lapa import write_split

SETTINGS = Settings(encoder_weights="none", size=64, batch_size=8, rate=2e-3)
EPOCHS = 8
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lapa")
    for seed, (name, count) in enumerate({"train": 96, "val": 8, "test": 32}.items()):
        write_split(place / name, count, 150, seed)
    return place


def thin_parts(folder: Path, work: Path) -> np.ndarray:
    """IoU of both brows and both eyes on the test split after a training."""
    net, _ = fit(
        SETTINGS,
        EPOCHS,
        lambda name, size: open_split(folder / name, size, work / "cache", lambda *_: None),
        work / "checkpoint.pt",
        CPU,
        lambda *_: None,
        lambda _: None,
    )
    test = open_split(folder / "test", SETTINGS.size, work / "cache", lambda *_: None)
    return intersection_over_union(evaluate(net, test, SETTINGS, CPU)[1])[2:6]


@pytest.mark.full
def test_a_side_is_lost_where_names_are_not_swapped(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = thin_parts(folder, tmp_path / "whole")
    monkeypatch.setattr(data, "MIRRORED", np.arange(11, dtype=np.uint8))
    unswapped = thin_parts(folder, tmp_path / "unswapped")
    assert whole.min() > 0.65
    assert unswapped.min() < 0.75 * whole.min(), (whole, unswapped)
