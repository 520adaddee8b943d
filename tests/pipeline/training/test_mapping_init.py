"""The mapping network that is set instead of trained: random z give latents of the population."""

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.core.types import Floats
from pipeline.training.mapping_init import set_mapping
from projection.nets.generator import Generator

COUNT, DIM = 5000, 16


@pytest.fixture(scope="module")
def population() -> Floats:
    """Two normal axes that go together, a switch, a number that most people lack, two kinds that exclude each other,
    and what one in a hundred has."""
    r = np.random.default_rng(0)
    first = r.normal(size=COUNT)
    second = 0.8 * first + 0.6 * r.normal(size=COUNT)
    switch = (first + r.normal(size=COUNT) > 0.7).astype(float)
    rare = np.clip(r.normal(-0.4, 1, COUNT), 0, 2) * (1 - switch)
    kind = r.integers(0, 5, COUNT)
    axes = np.stack([first, second, switch, rare, kind == 0, kind == 1, r.random(COUNT) < 0.01], 1)
    w = np.zeros((COUNT, DIM), np.float32)
    w[:, :7] = (axes - axes.mean(0)) / axes.std(0)
    return w


@pytest.fixture(scope="module")
def latents(population: Floats) -> Floats:
    """Latents of random z, with weights as a file holds them."""
    torch.manual_seed(0)
    net = Generator(resolution=8, style_dim=DIM, n_mlp=3, channels={4: 8, 8: 8})
    set_mapping(net, population)
    net.half().float()
    w: Floats = net.get_style(torch.randn(30_000, DIM)).detach().numpy()
    return w


def test_axes_have_the_mean_deviation_and_correlations_of_the_population(population: Floats, latents: Floats) -> None:
    np.testing.assert_allclose(latents.mean(0), population.mean(0), atol=0.25)
    np.testing.assert_allclose(latents.std(0), population.std(0), atol=0.25)
    np.testing.assert_allclose(np.corrcoef(latents.T[:7]), np.corrcoef(population.T[:7]), atol=0.1)
    assert not latents[:, 7:].any()


def test_switches_and_kinds_keep_to_their_values(population: Floats, latents: Floats) -> None:
    for i in (2, 4, 5, 6):
        values = np.unique(population[:, i])
        near = np.abs(latents[:, i, None] - values).min(1) < 0.05
        assert near.mean() > 0.97
        share = (latents[:, i] > values.mean()).mean()
        assert share == pytest.approx((population[:, i] > 0).mean(), abs=0.03)


def test_what_most_people_lack_is_mostly_lacking(population: Floats, latents: Floats) -> None:
    least = population[:, 3].min()
    assert latents[:, 3].min() == pytest.approx(least, abs=0.02)
    lacking = [(w[:, 3] < least + 0.02).mean() for w in (population, latents)]
    assert lacking[1] == pytest.approx(lacking[0], abs=0.05)


def test_a_network_that_is_too_small_is_refused(population: Floats) -> None:
    with pytest.raises(BadInput, match="need 12 units of the mapping network, which has 8"):
        set_mapping(Generator(resolution=8, style_dim=8, n_mlp=3, channels={4: 8, 8: 8}), population[:, :8])
    with pytest.raises(ValueError, match="2 layers instead of 3"):
        set_mapping(Generator(resolution=8, style_dim=DIM, n_mlp=2, channels={4: 8, 8: 8}), population)
