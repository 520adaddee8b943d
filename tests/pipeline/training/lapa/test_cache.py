"""Shrunk data: labels stay labels, nothing is decoded twice, and what is wrong with a folder is told in a sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.errors import BadInput
from pipeline.quality.metrics import confusion, intersection_over_union
from pipeline.training.lapa import cache
from pipeline.training.lapa.cache import Split, open_split, shrink_labels
from pipeline.world.attributes import values
from pipeline.world.extra import renderer
from pipeline.world.person import draw
from postprocess.labels import to_lapa
from tests.pipeline.training.lapa.lapa import write_split


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_split(tmp_path / "train", 3, 48, 0)
    return tmp_path / "train"


def opened(folder: Path, size: int = 32) -> Split:
    return open_split(folder, size, folder.parent / "cache")


@given(arrays(np.uint8, (40, 56), elements=st.integers(0, 10)), st.sampled_from((8, 13, 32)))
def test_shrinking_invents_no_label(labels: np.ndarray, size: int) -> None:
    small = shrink_labels(labels, size)
    assert small.shape == (size, size)
    assert set(np.unique(small)) <= set(np.unique(labels))


def test_shrunk_labels_lie_where_the_large_ones_do() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[20:40, 30:50] = 7
    rows, columns = np.nonzero(shrink_labels(labels, 30))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 19, 15, 24)


def test_the_mean_of_labels_would_lose_brows_and_eyes() -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    people = [draw(seed) for seed in range(12)]
    plain = [person for person in people if values(person)["Gl"] == 0 and values(person)["Hs"] == 0]
    large, true = (np.stack([to_lapa(renderer()(person, size).labels) for person in plain]) for size in (256, 96))
    nearest = np.stack([shrink_labels(labels, 96) for labels in large])
    mean = np.stack([cv2.resize(labels, (96, 96), interpolation=cv2.INTER_AREA) for labels in large])
    kept, lost = (intersection_over_union(confusion(true, labels, 11))[2:6] for labels in (nearest, mean))
    assert kept.min() > 2 * lost.max()
    assert lost.max() < 0.45


def test_pictures_and_labels_are_shrunk_together(folder: Path) -> None:
    split = opened(folder)
    assert len(split) == 3
    assert split.rgb.shape == (3, 32, 32, 3)
    brow = split.rgb[split.labels == 2].astype(int)
    assert (np.abs(np.median(brow, 0) - (40, 90, 40)) < 25).all()


def test_the_second_time_nothing_is_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(folder)
    monkeypatch.setattr(cache, "read_image", lambda _: pytest.fail("decoded again"))
    assert (opened(folder).rgb == first.rgb).all()


def test_a_changed_picture_and_another_size_are_shrunk_anew(folder: Path) -> None:
    before = opened(folder)
    cv2.imwrite(str(folder / "images" / "001.jpg"), np.zeros((48, 48, 3), np.uint8))
    after = opened(folder)
    assert after.rgb[1].max() < 10
    assert (after.rgb[0] == before.rgb[0]).all()
    assert opened(folder, 16).labels.shape == (3, 16, 16)


def test_an_interrupted_shrinking_starts_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = cache.read_image, []

    def breaks(path: Path) -> np.ndarray:
        seen.append(path)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(path)

    monkeypatch.setattr(cache, "read_image", breaks)
    with pytest.raises(KeyboardInterrupt):
        opened(folder)
    assert opened(folder).rgb.std(axis=(1, 2, 3)).min() > 10


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="layout of LaPa"):
        opened(tmp_path / "nothing")


def test_a_picture_without_labels_is_named(folder: Path) -> None:
    (folder / "labels" / "001.png").unlink()
    with pytest.raises(BadInput, match=r"001\.png"):
        opened(folder)


@pytest.mark.parametrize(
    ("labels", "answer"),
    [
        (np.full((48, 48), 18, np.uint8), "label 18"),
        (np.zeros((48, 48, 3), np.uint8), "one channel"),
        (np.zeros((48, 47), np.uint8), "differ in size"),
    ],
)
def test_labels_that_are_none_are_refused(folder: Path, labels: np.ndarray, answer: str) -> None:
    cv2.imwrite(str(folder / "labels" / "002.png"), labels)
    with pytest.raises(BadInput, match=answer):
        opened(folder)
