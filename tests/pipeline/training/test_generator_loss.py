"""The loss on changes sees what the loss on pictures does not."""

import torch

from pipeline.training.generator_loss import change_loss, level_loss


def pairs(change: float) -> torch.Tensor:
    """Two persons before and after an edit that changes a small square by `change`."""
    before = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    after = before.clone()
    after[:, :, 4:8, 4:8] += change
    return torch.cat([before, after])


def test_a_constant_mistake_is_no_mistake_of_the_change() -> None:
    assert change_loss(pairs(0.2) + 0.1, pairs(0.2)) < 1e-6


def test_a_change_that_is_not_drawn_counts_in_full_however_small_its_place() -> None:
    drawn, target = pairs(0.0), pairs(0.2)
    region = 6 * 6 / 32**2  # the square, grown by a pixel
    assert torch.isclose(change_loss(drawn, target), torch.tensor(0.2 * 16 / 36), rtol=1e-3)
    weight = torch.ones(4, 1, 32, 32)
    assert level_loss([drawn], target, weight) < change_loss(drawn, target)
    assert region > 0.01


def test_pairs_without_a_change_cost_nothing() -> None:
    assert change_loss(torch.randn(4, 3, 16, 16), pairs(0.0)[:, :, :16, :16]) == 0
