"""Losses against closed forms."""

import math

import pytest
import torch

from pipeline.training.gan.losses import discriminator_loss, generator_loss, path_lengths, r1_penalty


def test_undecided_logits_cost_a_bit_each() -> None:
    zero = torch.zeros(3)
    assert float(generator_loss(zero)) == pytest.approx(math.log(2))
    assert float(discriminator_loss(zero, zero)) == pytest.approx(2 * math.log(2))


def test_the_nets_pull_in_opposite_directions() -> None:
    logits = torch.zeros(2, requires_grad=True)
    (up,) = torch.autograd.grad(generator_loss(logits), logits)
    (down,) = torch.autograd.grad(discriminator_loss(torch.zeros(2), logits), logits)
    torch.testing.assert_close(up, -down)


def test_r1_of_a_linear_discriminator_is_its_squared_weight() -> None:
    weight = torch.randn(3, 4, 4, requires_grad=True)
    penalty = r1_penalty(lambda x: (x * weight).sum((1, 2, 3)), torch.randn(5, 3, 4, 4))
    torch.testing.assert_close(penalty, weight.square().sum())
    penalty.backward()
    torch.testing.assert_close(weight.grad, 2 * weight.detach())


def test_path_length_of_a_linear_synthesis() -> None:
    torch.manual_seed(0)
    # Each style scales a flat image: the gradient by every entry is the mean noise, of variance 3 / (R * R) * R * R.
    gain = 0.7
    latents = torch.randn(4000, 1, 1)
    lengths = path_lengths(lambda w: gain * w[:, :, :, None].expand(-1, 3, 4, 4), latents)
    assert float(lengths.square().mean()) == pytest.approx(3 * gain**2, rel=0.1)
