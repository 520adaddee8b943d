"""Tiny random nets of the projection's kinds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from projection.encoder import LatentEncoder
from projection.generator import LatentGenerator
from projection.nets.generator import Generator
from projection.nets.resnet import Encoder
from projection.perceptual import ParserFeatures


@pytest.fixture
def make_generator() -> Callable[..., LatentGenerator]:
    """Generators of 32 px with 8-dimensional latents, equal for equal seeds."""

    def make(seed: int = 0, elastic: bool = True) -> LatentGenerator:
        torch.manual_seed(seed)
        net = Generator(32, style_dim=8, n_mlp=2, channels={4: 16, 8: 16, 16: 8, 32: 4})
        return LatentGenerator(net, "cpu", "tiny-32", elastic)

    return make


@pytest.fixture
def generator(make_generator: Callable[..., LatentGenerator]) -> LatentGenerator:
    return make_generator()


@pytest.fixture
def encoder(generator: LatentGenerator) -> LatentEncoder:
    torch.manual_seed(1)
    return LatentEncoder(Encoder((8, 8, 8, 8), (1, 1, 1, 1), generator.n_style, generator.dim), 32, "cpu")


@pytest.fixture
def perceptual() -> ParserFeatures:
    kernel = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(2))

    def maps(x: Tensor) -> list[Tensor]:
        first = F.conv2d(x, kernel, padding=1)
        return [first, F.avg_pool2d(first, 2)]

    return ParserFeatures(maps)


@pytest.fixture
def latents(generator: LatentGenerator) -> Tensor:
    """Three different W+ latents near the mean."""
    noise = torch.randn(3, generator.n_style, generator.dim, generator=torch.Generator().manual_seed(3))
    return generator.mean_latent + 0.5 * generator.deviation * noise


@pytest.fixture
def images(generator: LatentGenerator, latents: Tensor) -> np.ndarray:
    return generator.render(latents)
