"""Latents come back as they were written, in any of the shapes that are in use, and only in their own space."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadInput, FaceEditError, SpaceMismatch
from projection.latent_files import noted_space, read_latent, read_latents, write_latent

VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_written_and_read(tmp_path: Path) -> None:
    write_latent(tmp_path / "a.npy", VALUES, "toy")
    assert noted_space(tmp_path / "a.npy") == "toy"
    np.testing.assert_array_equal(read_latent(tmp_path / "a.npy", "toy", 2, 3), VALUES)
    with pytest.raises(SpaceMismatch, match="belongs to toy"):
        read_latent(tmp_path / "a.npy", "other", 2, 3)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [(VALUES, VALUES), (VALUES[None], VALUES), (VALUES[:1], VALUES[[0, 0]]), (VALUES.astype(np.float64), VALUES)],
)
def test_shapes_in_use(tmp_path: Path, stored: np.ndarray, expected: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", stored)
    found = read_latent(tmp_path / "a.npy", "toy", 2, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "stored", [VALUES.T, VALUES[None, None], VALUES.astype(int), np.full((2, 3), np.nan), np.array([None])]
)
def test_what_is_no_latent(tmp_path: Path, stored: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", stored)
    with pytest.raises(FaceEditError, match=r"a\.npy"):
        read_latent(tmp_path / "a.npy", "toy", 2, 3)


def test_a_folder_in_the_order_of_names(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no latents"):
        read_latents(tmp_path, "toy", 2, 3)
    for name, factor in (("b", 2), ("a", 1)):
        write_latent(tmp_path / f"{name}.npy", factor * VALUES, "toy")
    np.testing.assert_array_equal(read_latents(tmp_path, "toy", 2, 3), [VALUES, 2 * VALUES])
