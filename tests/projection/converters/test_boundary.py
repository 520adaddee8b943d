"""Anycost GAN's file of boundaries, in its published layout with directions of our own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput, MissingWeights
from projection.attributes.celeba import CELEBA_NAMES
from projection.converters.boundary import CHANGED, N_STYLE, read_boundary


def boundary_file(path: Path, dim: int = 512) -> Path:
    """40 directions, each along its own axis."""
    torch.save({f"{i:02d}_{name}": 3 * torch.eye(40, dim)[i : i + 1] for i, name in enumerate(CELEBA_NAMES)}, path)
    return path


def test_forty_directions_of_length_one_on_the_first_styles(tmp_path: Path) -> None:
    found = read_boundary(boundary_file(tmp_path / "boundary.pt"))
    assert tuple(found) == CELEBA_NAMES
    for number, direction in enumerate(found.values()):
        assert direction.shape == (1, N_STYLE, 512) and direction.dtype == np.float32
        np.testing.assert_array_equal(direction[0, :CHANGED], np.eye(40, 512)[[number] * CHANGED])
        assert not direction[0, CHANGED:].any()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"style.0.weight": torch.ones(3, 3)},
        {"39_Young": torch.ones(512)},
        {"39_Young": torch.ones(2, 512)},
        {"Young": torch.ones(1, 512)},
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: dict[str, torch.Tensor]) -> None:
    torch.save(content, tmp_path / "boundary.pt")
    with pytest.raises(BadInput, match="not a boundary file"):
        read_boundary(tmp_path / "boundary.pt")


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "boundary.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(MissingWeights):
        read_boundary(tmp_path / "boundary.pt")
