"""SeFa and GANSpace against algebra, on a tiny generator and a planted axis."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import BadInput
from projection.directions.unsupervised import (
    DiscoverySettings,
    chosen_layers,
    discover,
    ganspace,
    layers_text,
    modulation_weights,
    read_layers,
)
from projection.generator import LatentGenerator
from projection.nets.generator import Generator


@pytest.fixture(scope="module")
def generator() -> LatentGenerator:
    torch.manual_seed(0)
    return LatentGenerator(Generator(16, 12, 2, {4: 10, 8: 8, 16: 6}), "cpu", "tiny")


@pytest.mark.parametrize("layers", [(), (0, 1, 2), (5,)])
def test_sefa_is_the_eigendecomposition_of_the_modulation_weights(
    generator: LatentGenerator, layers: tuple[int, ...]
) -> None:
    found = discover(generator, DiscoverySettings(method="sefa", layers=layers, count=4, n_samples=100))
    net = generator.net
    blocks = [net.conv1, net.convs[0], net.convs[1], net.convs[2], net.convs[3], net.to_rgbs[1]]
    rows = np.concatenate([blocks[i].conv.modulation.weight.numpy() for i in layers or range(6)]).astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    _, values, right = np.linalg.svd(rows)
    for index, component in enumerate(found):
        assert abs(right[index] @ component.vector) == pytest.approx(1, abs=1e-4)
        assert component.share == pytest.approx(values[index] ** 2 / (values**2).sum(), rel=1e-4)
        assert component.vector[np.abs(component.vector).argmax()] > 0


def test_the_style_of_a_weight_is_the_one_that_moves_its_channels(generator: LatentGenerator) -> None:
    """Where a style moves along a direction that its own modulation does not see, the feature maps stay."""
    torch.manual_seed(1)
    latent = torch.randn(1, generator.n_style, generator.dim)
    before = generator.synthesize(latent)
    (weights,) = modulation_weights(generator.net, [4])  # 6 channels of 12 dimensions: it has a null space
    blind = np.linalg.svd(weights)[2][-1]
    moved = latent.clone()
    moved[:, 4] += torch.from_numpy(blind)
    assert torch.allclose(generator.synthesize(moved), before, atol=1e-4)
    moved[:, 4] += torch.randn(generator.dim)
    assert not torch.allclose(generator.synthesize(moved), before, atol=1e-3)


def test_ganspace_recovers_a_planted_axis() -> None:
    rng = np.random.default_rng(0)
    axis = rng.standard_normal(20)
    axis /= np.linalg.norm(axis)
    latents = (0.3 * rng.standard_normal((3000, 20)) + 2 * rng.standard_normal((3000, 1)) * axis).astype(np.float32)
    first, second = ganspace(latents + 5, 2)
    assert abs(first.vector @ axis) > 0.999
    assert first.deviation == pytest.approx(2, rel=0.06)
    assert second.deviation < 0.4 and first.share > 0.6


def test_a_component_moves_its_layers_alone_and_by_its_deviation(generator: LatentGenerator) -> None:
    settings = DiscoverySettings(method="ganspace", layers=(3, 1), count=2, n_samples=500)
    first = discover(generator, settings)[0]
    path = first.path(chosen_layers(settings.layers, generator.n_style), generator.n_style)
    lengths = np.linalg.norm(path[0], axis=1)
    assert lengths[[1, 3]] == pytest.approx(first.deviation, rel=1e-5)
    assert not lengths[[0, 2, 4, 5]].any()
    again = discover(generator, settings)
    assert all((one.vector == two.vector).all() for one, two in zip(discover(generator, settings), again, strict=True))
    other = discover(generator, settings.model_copy(update={"seed": 1}))
    assert not np.array_equal(other[0].vector, first.vector)


def test_impossible_searches(generator: LatentGenerator) -> None:
    with pytest.raises(BadInput, match="no layer 6"):
        discover(generator, DiscoverySettings(method="sefa", layers=(0, 6)))
    with pytest.raises(BadInput, match="at most 12"):
        discover(generator, DiscoverySettings(method="sefa", count=13))


@given(st.sets(st.integers(0, 30), min_size=1))
def test_layers_survive_their_text(layers: set[int]) -> None:
    assert set(read_layers(layers_text(sorted(layers)))) == layers


@pytest.mark.parametrize("text", ["", "a", "5-2", "-1", "1-", "1,,2", "0-99999999999"])
def test_layers_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadInput):
        read_layers(text)
