"""What is asked for is checked before anything is computed; portions do not depend on what is done."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.batch_sizes import PHOTO_PIXELS, PHOTOS
from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from pipeline.restore.job import Item, items, portions, too_large
from tests.support.toy_restore import toy_job


@given(st.lists(st.integers(0, 2 * PHOTO_PIXELS)))
def test_portions_hold_every_photo_once_in_order_and_stay_small(sizes: list[int]) -> None:
    photos = [Item(str(number), Path("a"), size) for number, size in enumerate(sizes)]
    found = portions(photos)
    assert [item for portion in found for item in portion] == photos
    for portion in found:
        assert 1 <= len(portion) <= PHOTOS
        assert len(portion) == 1 or sum(item.pixels for item in portion) <= PHOTO_PIXELS


@pytest.mark.parametrize("fidelity", [-0.1, 1.1, float("nan")])
def test_fidelity_has_a_range(tmp_path: Path, fidelity: float) -> None:
    with pytest.raises(BadInput, match="out of range"):
        toy_job(tmp_path, fidelity=fidelity)


def test_a_background_is_about_enlarging(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--upscale 2 or 4"):
        toy_job(tmp_path, background=tmp_path / "net.pth")


def test_whatever_decides_results_is_a_setting(tmp_path: Path) -> None:
    """What is not would mix results of both in one folder."""
    job = toy_job(tmp_path, upscale=2, detector="yunet")
    assert replace(job, comparisons=True).settings() == job.settings()
    others = {
        "model": "gfpgan",
        "fidelity": 0.5,
        "upscale": 4,
        "detector": "aligned",
        "no_face": "skip",
        "background": Path("net.pth"),
        "face": 2,
        "gps": True,
        "backend": "auto",
    }
    assert {each.name for each in fields(job)} == {*others, "input_dir", "output_dir", "comparisons"}
    for name, value in others.items():
        assert replace(job, **{name: value}).settings() != job.settings(), name  # type: ignore[arg-type]


def test_photos_are_listed_by_name_and_never_overwritten(tmp_path: Path) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    photos = tmp_path / "photos"
    photos.mkdir()
    with pytest.raises(BadInput, match="no image"):
        items(toy_job(tmp_path))
    for name in ("b.png", "a.jpg"):
        write_image(photos / name, picture)
    (photos / "broken.png").write_text("no picture")
    assert [(item.name, item.pixels) for item in items(toy_job(tmp_path, upscale=2))] == [
        ("a", 96),
        ("b", 96),
        ("broken", 0),
    ]
    with pytest.raises(BadInput, match="where the photos are"):
        items(toy_job(tmp_path, output_dir=photos))
    write_image(tmp_path / "out" / "restored" / "a.png", picture)
    with pytest.raises(BadInput, match="where the photos are"):
        items(toy_job(tmp_path, input_dir=tmp_path / "out" / "restored"))
    write_image(photos / "a.png", picture)
    assert [item.name for item in items(toy_job(tmp_path))] == ["a.jpg", "a.png", "b", "broken"]


def test_a_result_has_a_largest_size() -> None:
    assert too_large(Item("a", Path("a.png"), 100_000_000)) is None
    assert "smaller --upscale" in str(too_large(Item("a", Path("a.png"), 100_000_001)))
