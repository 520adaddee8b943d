"""Images of folders: read once, bad ones named, each shown once in a pass."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from pipeline.core.progress import Progress
from pipeline.training.gan.images import open_images, rows_of_step
from tests.pipeline.training.gan.gan import blobs, write_blobs


class Told(Progress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def test_images_of_any_size_are_resized_and_bad_ones_named(tmp_path: Path) -> None:
    folder, more = write_blobs(tmp_path / "a", 50, 48), tmp_path / "b"
    write_image(more / "large.jpg", blobs(1, 100)[0])
    write_image(more / "wide.png", blobs(1, 64)[0][:40])
    (more / "broken.png").write_bytes(b"\x89PNG\r\n")
    (more / "notes.txt").write_text("about the images")
    told = Told()
    images = open_images([folder, more], 32, tmp_path / "cache", told)
    assert images.shape == (51, 32, 32, 3)
    assert len(told.warnings) == 2
    assert any("broken.png" in text for text in told.warnings)
    assert any("wide.png is not square (64 x 40 pixels)" in text for text in told.warnings)
    assert "notes.txt" in told.notes[0]
    again = Told()
    np.testing.assert_array_equal(open_images([folder, more], 32, tmp_path / "cache", again), images)
    assert not again.warnings  # read from the cache
    write_image(more / "large.jpg", 255 - blobs(1, 90)[0])
    assert not np.array_equal(open_images([folder, more], 32, tmp_path / "cache"), images)


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There are 49 images"):
        open_images([write_blobs(tmp_path / "a", 49, 32)], 32, tmp_path / "cache")
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match="There are 0 images"):
        open_images([tmp_path / "none"], 32, tmp_path / "cache")
    with pytest.raises(BadInput, match="There is no folder"):
        open_images([tmp_path / "gone"], 32, tmp_path / "cache")


def test_every_image_comes_once_in_a_pass_in_another_order_each_time() -> None:
    rows = np.concatenate([rows_of_step(10, step, 4, seed=3) for step in range(5)])
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert list(rows[:10]) != list(rows[10:])
