"""Rendered portraits in LaPa's layout: what is written, held out, seen through spectacles, and gone on with."""

from pathlib import Path

import numpy as np

from pipeline.core.images import read_image
from pipeline.training.lapa.cache import find_pairs, read_labels
from pipeline.training.lapa.renders import CHUNK, SEEDS, Chunk, _write
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import render

SIZE = 64


def written(folder: Path, seed: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    chunk = Chunk(folder, SIZE, seed, 0, count)
    assert _write(chunk) == count
    return [(read_image(image), read_labels(labels)) for image, labels in find_pairs(folder)]


def test_a_chunk_is_the_portraits_of_its_seed(tmp_path: Path) -> None:
    pairs = written(tmp_path, 5, 12)
    drawn = render(Parameters.from_z(sample_z(CHUNK, 5))[:12], SIZE)
    assert len(pairs) == 12
    for (image, labels), rgb in zip(pairs, drawn.rgb, strict=True):
        assert np.abs(image.astype(int) - rgb).mean() < 3
        assert labels.max() <= 10
        assert {1, 4, 5, 6} <= set(np.unique(labels))


def test_eyes_are_labelled_through_spectacles(tmp_path: Path) -> None:
    persons = Parameters.from_z(sample_z(CHUNK, 5))[:12]
    worn = np.flatnonzero((persons.glasses > 0.9).numpy())
    assert len(worn)
    pairs = written(tmp_path, 5, 12)
    with_them, without = (render(p, SIZE) for p in (persons, persons.with_values(glasses=0)))
    for i in worn:
        assert np.isin(with_them.labels[i], (4, 5)).sum() < np.isin(without.labels[i], (4, 5)).sum()
        assert (np.isin(pairs[i][1], (4, 5)) == np.isin(without.labels[i], (4, 5))).all()


def test_the_portraits_to_test_on_are_held_out() -> None:
    assert SEEDS["test"] >= HELD_OUT_SEED > max(SEEDS["train"], SEEDS["val"]) + 1_000_000
    assert abs(SEEDS["train"] - SEEDS["val"]) * CHUNK > 10_000_000


def test_what_is_there_is_kept_and_what_is_missing_comes_back_the_same(tmp_path: Path) -> None:
    written(tmp_path, 5, 4)
    bytes_before = {path: path.read_bytes() for pair in find_pairs(tmp_path) for path in pair}
    lost = find_pairs(tmp_path)[2][1]
    lost.unlink()
    written(tmp_path, 5, 4)
    assert {path: path.read_bytes() for pair in find_pairs(tmp_path) for path in pair} == bytes_before
