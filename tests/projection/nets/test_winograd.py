"""Winograd's convolutions are convolutions, to the digits of float32, and follow the weights."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.backends.compiled import psnr
from projection.generator import LatentGenerator
from projection.nets import winograd
from projection.nets.generator import Generator

FEW = st.integers(1, 5)


@given(FEW, FEW, FEW, FEW, FEW, st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_it_is_the_convolution(count: int, n_in: int, n_out: int, down: int, across: int, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    x = torch.randn(count, n_in, 4 * down, 4 * across, generator=source)
    weight = torch.randn(n_out, n_in, 3, 3, generator=source)
    true = F.conv2d(x.double(), weight.double(), padding=1).numpy()
    assert psnr(winograd.convolve(x, winograd.transform_kernel(weight)).numpy(), true) > 110


def test_strips_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x, kernel = torch.randn(2, 8, 24, 16), winograd.transform_kernel(torch.randn(8, 8, 3, 3))
    whole = winograd.convolve(x, kernel).numpy()
    monkeypatch.setattr(winograd, "TILES", 8)  # two rows of tiles, and a rest
    assert psnr(winograd.convolve(x, kernel).numpy(), whole) > 120


def test_a_generator_draws_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = Generator(32, 16, 2, {4: 64, 8: 64, 16: 64, 32: 64})
    generator = LatentGenerator(net, "cpu", "toy")
    w = torch.randn(2, generator.n_style, 16)
    tuned = generator.tuned({"convs.5.conv.weight": np.full((1, 64, 64, 3, 3), 0.1, np.float16)})

    def drawn() -> list[np.ndarray]:
        with torch.inference_mode():
            return [each.synthesize(w, ratio).numpy() for each in (generator, tuned) for ratio in (1.0, 0.7)]

    found = drawn()
    assert psnr(found[0], found[2]) < 60  # the tuned weights, not the kernel of those before
    assert net.convs[5].conv._transformed is not None
    monkeypatch.setattr(winograd, "pays", lambda *_: False)
    assert all(100 < psnr(one, other) < 200 for one, other in zip(found, drawn(), strict=True))


def test_gradients_take_the_plain_convolution() -> None:
    net = LatentGenerator(Generator(16, 16, 2, {4: 64, 8: 64, 16: 64}), "cpu", "toy").net
    w = torch.randn(1, 6, 16, requires_grad=True)
    out = net(w)
    assert isinstance(out, torch.Tensor)
    out.square().mean().backward()
    assert w.grad is not None and float(w.grad.abs().sum()) > 0
    assert net.convs[3].conv._transformed is None
