"""The generator's wrapper: shapes, levels, widths, spaces, saved weights; and the layout of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pipeline.core.errors import BadConfig, SpaceMismatch
from pipeline.core.images import psnr
from pipeline.core.tensors import to_uint8
from pipeline.core.weights import model_set, save_state
from projection.generator import LatentGenerator
from projection.nets.generator import Generator, config_f_channels


def test_render(generator: LatentGenerator, latents: Tensor) -> None:
    pictures = generator.render(latents)
    assert pictures.shape == (3, 32, 32, 3) and pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures, to_uint8(generator.synthesize(latents)))
    np.testing.assert_array_equal(pictures, generator.render(latents.numpy()))
    assert generator.render(latents, size=20).shape == (3, 20, 20, 3)
    assert generator.render(latents, resolution=8).shape == (3, 8, 8, 3)
    assert generator.render(latents, resolution=8, size=32).shape == (3, 32, 32, 3)


def test_pictures_do_not_depend_on_the_batch(generator: LatentGenerator, latents: Tensor) -> None:
    one_by_one = torch.cat([generator.synthesize(w[None]) for w in latents])
    torch.testing.assert_close(generator.synthesize(latents), one_by_one, rtol=0, atol=1e-5)


def test_a_narrow_generator_uses_the_first_channels(generator: LatentGenerator, latents: Tensor) -> None:
    net = generator.net
    assert net.widths(0.5) == [16, 16, 8, 8, 4, 4, 2, 2]
    before = generator.synthesize(latents, 0.5)
    with torch.no_grad():
        net.get_parameter("convs.5.conv.weight")[:, 2:] += 1
    torch.testing.assert_close(generator.synthesize(latents, 0.5), before)
    assert (generator.synthesize(latents) - before).abs().max() > 0.01


@given(st.sampled_from([64, 256, 1024]), st.floats(0.05, 1), st.floats(0.05, 1))
def test_widths_grow_with_the_ratio(resolution: int, a: float, b: float) -> None:
    with torch.device("meta"):
        net = Generator(resolution, style_dim=8, n_mlp=1)
    narrow, wide = net.widths(min(a, b)), net.widths(max(a, b))
    assert all(0 < x <= y for x, y in zip(narrow, wide, strict=True))
    full = [net.channels[size] for size in net.resolutions for _ in range(2)]
    assert net.widths(1.0) == full and len(full) == net.n_style


def test_only_elastic_generators_are_narrowed(make_generator: Callable[..., LatentGenerator], latents: Tensor) -> None:
    rigid = make_generator(elastic=False)
    rigid.render(latents, resolution=32)
    for change in ({"ratio": 0.5}, {"resolution": 16}):
        with pytest.raises(BadConfig, match="not elastic"):
            rigid.render(latents, **change)
    with pytest.raises(BadConfig, match="choose 4, 8, 16, 32"):
        make_generator().render(latents, resolution=24)


def test_latents_of_another_shape_are_refused(generator: LatentGenerator) -> None:
    with pytest.raises(SpaceMismatch, match="tiny-32"):
        generator.render(np.zeros((1, 18, 512), np.float32))


def test_moments_of_w(generator: LatentGenerator) -> None:
    w = generator.map(torch.randn(20_000, generator.dim, generator=torch.Generator().manual_seed(9)))
    assert w.shape == (20_000, generator.dim)
    assert ((w.mean(0) - generator.mean_latent) / generator.deviation).abs().max() < 0.1
    torch.testing.assert_close(w.std(0), generator.deviation, rtol=0.1, atol=0)


def test_open_from_half_precision(tmp_path: Path, latents: Tensor) -> None:
    sizes = {"resolution": 32, "style_dim": 8, "n_mlp": 2, "channels": {4: 16, 8: 16, 16: 8, 32: 4}}
    net = Generator(**sizes)  # type: ignore[arg-type]
    save_state(tmp_path / "g.safetensors", net.state_dict(), {})
    opened = LatentGenerator.open(tmp_path / "g.safetensors", sizes, torch.device("cpu"), model_set("demo").space)
    assert opened.elastic and opened.space == model_set("demo").space
    expected = LatentGenerator(net, "cpu", "x").synthesize(latents)
    assert (opened.synthesize(latents) - expected).abs().max() < 0.02 * expected.abs().max()
    rigid = model_set("ffhq-stylegan2").space
    torch.save({"g_ema": net.state_dict(), "d": {}}, tmp_path / "g.pt")
    nested = {**sizes, "inside": ["g_ema"]}
    published = LatentGenerator.open(tmp_path / "g.pt", nested, torch.device("cpu"), rigid)
    assert not published.elastic
    torch.testing.assert_close(published.synthesize(latents), expected)


def test_gradients_equal_those_of_the_grouped_formulation(generator: LatentGenerator, latents: Tensor) -> None:
    """Finite differences through the whole net, in double precision."""
    net = generator.net.double()
    w = latents.double().requires_grad_()
    target = torch.randn(3, 3, 32, 32, dtype=torch.float64)
    (net(w) * target).sum().backward()
    step = torch.randn_like(w)
    with torch.no_grad():
        slope = ((net(w + 1e-6 * step) - net(w - 1e-6 * step)) * target).sum() / 2e-6
    assert w.grad is not None
    torch.testing.assert_close((w.grad * step).sum(), slope, rtol=1e-4, atol=1e-5)


def test_half_precision_arithmetic(generator: LatentGenerator, latents: Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        rough = generator.render(latents)
    assert all(psnr(*pair) > 25 for pair in zip(rough, generator.render(latents), strict=True))


def test_configuration_f() -> None:
    assert config_f_channels(1024) == {
        4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32
    }  # fmt: skip
