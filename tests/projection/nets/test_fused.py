"""The hand-made gradients equal autograd's."""

from __future__ import annotations

import pytest
import torch

from projection.nets.fused import Activate, Modulate, convolve


def leaf(*shape: int, positive: bool = False) -> torch.Tensor:
    x = torch.randn(*shape, dtype=torch.float64)
    return (x.abs() + 0.5 if positive else x).requires_grad_()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_modulate(layout: torch.memory_format) -> None:
    x = leaf(2, 3, 4, 5).detach().contiguous(memory_format=layout).requires_grad_()
    assert torch.autograd.gradcheck(Modulate.apply, (x, leaf(2, 3)))


@pytest.mark.parametrize("n_noises", [1, 2])
def test_activate(n_noises: int) -> None:
    torch.manual_seed(0)
    inputs = (leaf(2, 3, 4, 5), leaf(2, 3, positive=True), torch.randn(n_noises, 1, 4, 5), leaf(1), leaf(3))
    noise = inputs[2].double()
    expected = torch.nn.functional.leaky_relu(
        inputs[0] * inputs[1][:, :, None, None] + noise * inputs[3] + inputs[4][:, None, None], 0.2
    )

    def ours(x: torch.Tensor, scale: torch.Tensor, strength: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = Activate.apply(x.clone(), scale, noise, strength, bias)
        return out

    leaves = (inputs[0], inputs[1], inputs[3], inputs[4])
    torch.testing.assert_close(ours(*leaves), expected)
    assert torch.autograd.gradcheck(ours, leaves)


def test_second_derivatives_are_those_of_autograd() -> None:
    torch.manual_seed(0)
    noise = torch.randn(2, 1, 2, 3, dtype=torch.float64)

    def ours(x: torch.Tensor, scale: torch.Tensor, strength: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = Activate.apply(Modulate.apply(x, scale), scale, noise, strength, bias)
        return out

    leaves = (leaf(2, 3, 2, 3), leaf(2, 3, positive=True), leaf(1), leaf(3))
    assert torch.autograd.gradgradcheck(ours, leaves)


@pytest.mark.parametrize(("up", "padding", "groups"), [(False, 1, 1), (True, 0, 1), (False, 1, 4)])
def test_convolutions_through_frozen_kernels_have_exact_derivatives(up: bool, padding: int, groups: int) -> None:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(1, 4, 5, 5, dtype=torch.float64, generator=source).requires_grad_()
    kernel = torch.randn(4, 4 // groups, 3, 3, dtype=torch.float64, generator=source)

    def convolved(x: torch.Tensor) -> torch.Tensor:
        return convolve(x.square(), kernel, up=up, padding=padding, groups=groups)

    assert torch.autograd.gradcheck(convolved, (x,)) and torch.autograd.gradgradcheck(convolved, (x,))
