"""Rendered people in LaPa's layout: what is written, held out, seen through spectacles, and gone on with."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image
from pipeline.training.lapa.cache import find_pairs, read_labels
from pipeline.training.lapa.renders import SEEDS, STUDIO_SEEDS, _people, _unpack, to_train_on, without_spectacles
from pipeline.world.person import draw
from pipeline.world.portrait import Portrait, stacked
from pipeline.world.samples import samples
from postprocess.labels import CelebAMask, Labels, to_lapa

EYES = CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE
BROWS = CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW


def write_people(path: Path, count: int = 3) -> list[Portrait]:
    """A file of sample people."""
    chosen = samples()[:count]
    with path.open("wb") as file:
        np.savez_compressed(file, **stacked([s.person for s in chosen], [s.portrait for s in chosen]))
    return [s.portrait for s in chosen]


def overlap(a: Labels, b: Labels, classes: tuple[int, ...]) -> float:
    first, second = np.isin(a, classes), np.isin(b, classes)
    return float((first & second).sum() / (first | second).sum())


def test_a_file_becomes_its_pictures_and_their_labels(tmp_path: Path) -> None:
    portraits = write_people(tmp_path / "000000040.npz")
    _unpack(tmp_path / "000000040.npz", tmp_path / "train")
    pairs = find_pairs(tmp_path / "train")
    assert len(pairs) == 3
    for (image, labels), portrait in zip(pairs, portraits, strict=True):
        assert np.abs(read_image(image).astype(int) - portrait.rgb).mean() < 3
        bare = portrait.labels != CelebAMask.GLASSES
        assert np.array_equal(read_labels(labels)[bare], to_lapa(portrait.labels)[bare])


def test_what_is_there_is_kept_and_what_is_missing_comes_back_the_same(tmp_path: Path) -> None:
    write_people(tmp_path / "000000040.npz")
    _unpack(tmp_path / "000000040.npz", tmp_path / "train")
    before = {path: path.read_bytes() for pair in find_pairs(tmp_path / "train") for path in pair}
    for path in find_pairs(tmp_path / "train")[1]:
        path.unlink()
    _unpack(tmp_path / "000000040.npz", tmp_path / "train")
    assert {path: path.read_bytes() for pair in find_pairs(tmp_path / "train") for path in pair} == before


def test_spectacles_of_samples_are_seen_through() -> None:
    worn = [s.portrait for s in samples() if (s.portrait.labels == CelebAMask.GLASSES).any()]
    assert worn
    for portrait in worn:
        seen, frames = without_spectacles(portrait.labels, portrait.outlines), portrait.labels == CelebAMask.GLASSES
        assert np.array_equal(seen[~frames], portrait.labels[~frames])
        assert not (seen == CelebAMask.GLASSES).any()
        assert (seen[frames] == CelebAMask.SKIN).mean() > 0.4
        assert np.isin(seen[frames], EYES).any()


def test_what_is_seen_through_spectacles_is_what_is_there_without_them() -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    from pipeline.world.render import render

    for seed in (5, 9):
        person = replace(draw(seed), glasses=1.0, yaw=10.0, bangs=0.0)
        portrait, bare = render(person, 256), render(replace(person, glasses=0.0), 256).labels
        seen = without_spectacles(portrait.labels, portrait.outlines)
        assert overlap(portrait.labels, bare, EYES) < 0.1
        assert overlap(seen, bare, EYES) > 0.65
        assert overlap(seen, bare, BROWS) > 0.8
        assert (seen == bare).mean() > 0.98


def test_nobody_is_in_two_splits() -> None:
    plans = {split: _people(Path(), split, 1000, 64) for split in SEEDS}
    taken = [range(plan.first, plan.first + count) for parts in plans.values() for _, count, plan in parts]
    assert [[plan.look for _, _, plan in parts] for parts in plans.values()] == [["wild", "studio"]] * 3
    assert [count for _, count, _ in plans["train"]] == [750, 250]
    assert all(a.stop <= b.start for a, b in itertools.pairwise(taken))
    assert SEEDS["test"] == 900_000_000
    assert STUDIO_SEEDS >= 10_000_000


def test_people_to_measure_on_are_never_trained_on(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There are no people"):
        to_train_on(tmp_path)
    for seed in (0, SEEDS["test"]):
        (tmp_path / f"{seed:09d}.npz").touch()
    with pytest.raises(BadInput, match="people to measure on"):
        to_train_on(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "000000000.npz").write_bytes(b"PK nonsense")
    with pytest.raises(BadInput, match=r"000000000\.npz cannot be read"):
        _unpack(tmp_path / "000000000.npz", tmp_path / "train")
    np.savez(tmp_path / "000000040.npz", rgb=np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(BadInput, match=r"000000040\.npz cannot be read"):
        _unpack(tmp_path / "000000040.npz", tmp_path / "train")
