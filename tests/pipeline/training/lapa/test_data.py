"""Batches keep pictures and labels together, and a mirrored face has its sides swapped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.training.augment import flip_labels
from pipeline.training.lapa import data
from pipeline.training.lapa.cache import Split
from pipeline.training.lapa.data import augmented, epoch_rows, plain_batches
from postprocess.labels import LAPA, LAPA_MIRRORED
from tests.pipeline.training.lapa.lapa import face

LABELS = arrays(np.uint8, (2, 6, 6), elements=st.integers(0, len(LAPA) - 1))


def split(count: int, size: int = 32) -> Split:
    """Faces whose pictures tell them apart."""
    faces = [face(np.random.default_rng(seed), size) for seed in range(count)]
    return Split(np.stack([image for image, _ in faces]), np.stack([labels for _, labels in faces]))


@given(LABELS)
def test_mirrored_twice_is_as_before(labels: np.ndarray) -> None:
    again = flip_labels(flip_labels(labels, LAPA_MIRRORED), LAPA_MIRRORED)
    assert (again == labels).all()


@given(LABELS)
def test_what_was_left_is_right_on_the_other_half(labels: np.ndarray) -> None:
    mirrored = flip_labels(labels, LAPA_MIRRORED)
    for left, right in ((2, 3), (4, 5)):
        assert ((labels == left) == (mirrored[:, :, ::-1] == right)).all()
    assert ((labels == LAPA.index("nose")) == (mirrored[:, :, ::-1] == LAPA.index("nose"))).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_augmented_labels_stay_on_their_picture(seed: int) -> None:
    images = np.full((4, 32, 32, 3), 40, np.uint8)
    images[:, 10:20, 12:26] = 220
    labels = np.where(images[..., 0] > 100, 6, 1).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "OBSTRUCTED", 0.0)
        x, y = augmented(images, labels, np.random.default_rng(seed))
    assert set(np.unique(y)) == {1, 6}
    assert x.min() >= 0
    assert x.max() <= 1
    for picture, found in zip(x.mean(1).numpy(), y.numpy(), strict=True):
        middle = (picture[found == 6].mean() + picture[found == 1].mean()) / 2
        assert ((picture > middle) == (found == 6)).mean() > 0.93


def test_what_an_obstacle_covers_is_background(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = np.full((8, 64, 64, 3), 128, np.uint8), np.ones((8, 64, 64), np.uint8)
    for share, obstructed in ((0.0, 0), (1.0, 8)):
        monkeypatch.setattr(data, "OBSTRUCTED", share)
        found = augmented(images, labels, np.random.default_rng(0))[1].numpy()
        assert set(np.unique(found)) <= {0, 1}
        assert (found == 0).any((1, 2)).sum() == obstructed


def test_the_split_itself_is_never_changed() -> None:
    faces = split(6)
    before = faces.rgb.copy(), faces.labels.copy()
    augmented(faces.rgb, faces.labels, np.random.default_rng(0))
    assert (faces.rgb == before[0]).all()
    assert (faces.labels == before[1]).all()


def test_an_epoch_is_whole_batches_in_an_order_of_its_own() -> None:
    first, again, other = (epoch_rows(7, 3, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert [len(rows) for rows in first] == [3, 3]
    assert len(np.unique(np.concatenate(first))) == 6
    assert [len(rows) for rows in epoch_rows(7, 64, np.random.default_rng(0))] == [7]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_plain_batches_are_the_pictures_as_they_are() -> None:
    faces = split(5)
    parts = list(plain_batches(faces, 2))
    assert [len(x) for x, _ in parts] == [2, 2, 1]
    assert np.allclose(np.concatenate([x.permute(0, 2, 3, 1) for x, _ in parts]) * 255, faces.rgb)
    assert (np.concatenate([y for _, y in parts]) == faces.labels).all()
