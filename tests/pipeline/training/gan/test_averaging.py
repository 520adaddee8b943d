"""The running average: its half-life, and what it leaves alone."""

import pytest
import torch

from pipeline.training.gan.averaging import average, averaged_copy, decay


def test_half_of_the_old_weights_is_left_after_the_half_life() -> None:
    batch, half_life = 32, 10_000  # thousand images by 10 / 32 of the batch size
    assert decay(10**9, batch) ** (half_life / batch) == pytest.approx(0.5)


def test_early_averages_are_short() -> None:
    assert decay(16, 16) < 0.01 < decay(1600, 16) < decay(16000, 16) < 1


def test_frozen_weights_are_not_averaged() -> None:
    net = torch.nn.Linear(2, 2)
    mean = averaged_copy(net)
    before = mean.bias.clone()
    net.bias.requires_grad_(False)
    with torch.no_grad():
        net.weight.fill_(1.0)
        net.bias.fill_(9.0)
        mean.weight.fill_(0.0)
    average(mean, net, 0.75)
    torch.testing.assert_close(mean.weight, torch.full((2, 2), 0.25))
    assert torch.equal(mean.bias, before)
    assert not mean.weight.requires_grad
