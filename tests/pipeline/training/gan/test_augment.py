"""The augmentation: exact where nothing is resampled, as frequent as asked, differentiable."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.training.gan import augment as module
from pipeline.training.gan.augment import augment, colours, geometry


def test_nothing_happens_at_zero() -> None:
    images = torch.randn(2, 3, 8, 8)
    assert augment(images, 0.0) is images


@pytest.mark.parametrize("p", [0.3, 0.9])
def test_maps_are_as_frequent_as_asked(p: float) -> None:
    torch.manual_seed(0)
    moved = (geometry(4000, 64, p) - torch.eye(3)).abs().amax((1, 2)) > 1e-6
    # Flip: half of p; quarter turns: 3/4 of p; five others with p, all but those that round to nothing.
    least = 1 - (1 - 0.5 * p) * (1 - 0.75 * p) * (1 - p) ** 5
    assert moved.float().mean() == pytest.approx(least, abs=0.03)
    coloured = (colours(4000, p)[:, :, :] - torch.eye(3, 4)).abs().amax((1, 2)) > 1e-6
    assert coloured.float().mean() == pytest.approx(1 - (1 - 0.5 * p) * (1 - p) ** 4, abs=0.03)


def test_blitting_moves_pixels_without_blur(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    monkeypatch.setattr(module, "_power", lambda count, p, deviation: torch.ones(count))
    monkeypatch.setattr(module, "_angle", torch.zeros)
    real = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *size: 0 * real(*size))
    monkeypatch.setattr(module, "colours", lambda count, p: torch.eye(3, 4).expand(count, 3, 4))
    images = torch.arange(3 * 256.0).view(1, 3, 16, 16).expand(32, -1, -1, -1) / 768
    moved = augment(images, 1.0)
    assert not torch.allclose(moved, images)
    known = images[0].flatten()
    assert (moved.flatten()[:, None] - known).abs().amin(1).max() < 1e-4


@given(st.integers(0, 1000))
def test_colours_keep_grey_grey(seed: int) -> None:
    torch.manual_seed(seed)
    matrix = colours(8, 0.8)
    grey = (matrix[:, :, :3] @ torch.full((3,), 0.3))[:, :] + matrix[:, :, 3]
    torch.testing.assert_close(grey, grey.mean(1, keepdim=True).expand(-1, 3), rtol=1e-4, atol=1e-4)


def test_it_is_differentiable() -> None:
    torch.manual_seed(0)
    images = torch.randn(4, 3, 8, 8, dtype=torch.float64).float().requires_grad_()
    augment(images, 1.0).sum().backward()
    assert images.grad is not None
    assert (images.grad.abs().sum((1, 2, 3)) > 0).all()


def test_pixels_stay_finite_and_in_range_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(module, "colours", lambda count, p: torch.eye(3, 4).expand(count, 3, 4))
    assert augment(torch.rand(64, 3, 16, 16) * 2 - 1, 1.0).abs().max() <= 1 + 1e-5
