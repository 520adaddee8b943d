"""Every convention of a net is exact to the last bit, there and back."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.images import resize
from pipeline.core.tensors import (
    CLIP,
    IMAGENET,
    SYMMETRIC,
    UNIT,
    Normalisation,
    batches,
    shrink,
    to_array,
    to_tensor,
    to_uint8,
)

LEVELS = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
"""Every grey level."""


def pictures(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize("normalisation", [UNIT, SYMMETRIC, IMAGENET, CLIP])
def test_levels_are_scaled_as_the_nets_were_trained(normalisation: Normalisation) -> None:
    x = torch.from_numpy(LEVELS).permute(0, 3, 1, 2).float()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (normalisation.mean, normalisation.std))
    expected = (x / 255 - mean) / std
    found = to_tensor(LEVELS, normalisation=normalisation)
    assert found.is_contiguous() and torch.equal(found, expected)
    assert np.array_equal(to_array(LEVELS[0], normalisation), expected.numpy())
    assert np.array_equal(to_uint8(found, normalisation), LEVELS)


def test_minus_one_to_one_is_the_published_formula() -> None:
    x = torch.from_numpy(LEVELS).permute(0, 3, 1, 2).float()
    assert torch.equal(to_tensor(LEVELS), x / 127.5 - 1)
    assert torch.equal(SYMMETRIC.apply(x / 255), x / 255 * 2 - 1)
    assert torch.equal(SYMMETRIC.undo(x / 127.5 - 1), (x / 127.5 - 1) * 0.5 + 0.5)


@given(st.lists(st.floats(-3, 3, width=32), min_size=12, max_size=12))
def test_what_a_net_draws_is_clipped_and_rounded(values: list[float]) -> None:
    x = torch.tensor(values).view(1, 3, 2, 2)
    drawn = x.clone()
    assert np.array_equal(
        to_uint8(x), (x.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    )
    assert np.array_equal(to_uint8(x, UNIT), x.clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy())
    assert torch.equal(x, drawn)


def test_batches_are_the_images_in_order_resized() -> None:
    images = pictures(5, 24)
    parts = list(batches(images, 16, "cpu", UNIT, at_once=2))
    assert [len(part) for part in parts] == [2, 2, 1]
    small = np.stack([resize(image, 16) for image in images])
    assert np.array_equal(to_uint8(torch.cat(parts), UNIT), small)
    assert torch.equal(to_tensor(list(images)), to_tensor(images, 24))


def test_gradients_reach_the_pixels() -> None:
    x = torch.zeros(1, 3, 4, 4, requires_grad=True)
    IMAGENET.apply(SYMMETRIC.undo(x)).sum().backward()
    assert x.grad is not None
    assert torch.allclose(x.grad[0, :, 0, 0], 0.5 / torch.tensor(IMAGENET.std))


def test_shrinking_averages_and_never_enlarges() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert shrink(x, 2).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert shrink(x, 4) is x and shrink(x, 8) is x


def test_arrays_are_made_without_torch() -> None:
    code = (
        "import sys, numpy as np; from pipeline.core.tensors import UNIT, to_array;"
        "to_array(np.zeros((2, 2, 3), np.uint8), UNIT); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
