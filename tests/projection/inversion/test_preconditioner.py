"""Units of a search: components that move the pixels more have smaller ones."""

import torch

from projection.generator import LatentGenerator
from projection.inversion.preconditioner import units


def effect(generator: LatentGenerator, layer: int, size: torch.Tensor) -> float:
    """Change of the pixels when each component of a layer moves by `size`, root mean square over random signs."""
    signs = torch.randn(64, generator.dim, generator=torch.Generator().manual_seed(7)).sign()
    latents = generator.mean_latent.repeat(64, generator.n_style, 1)
    moved = latents.clone()
    moved[:, layer] += 0.01 * signs * size[layer]
    with torch.no_grad():
        return float((generator.synthesize(moved) - generator.synthesize(latents)).square().mean().sqrt())


def test_the_effects_of_layers_are_nearer_each_other(generator: LatentGenerator) -> None:
    found = units(generator)
    assert found.shape == (generator.n_style, generator.dim) and bool((found > 0).all())

    def spread(size: torch.Tensor) -> float:
        effects = [effect(generator, layer, size) for layer in range(generator.n_style)]
        return max(effects) / min(effects)

    assert spread(found) < 0.7 * spread(generator.deviation.expand_as(found))


def test_they_are_found_once_and_are_the_same_for_the_same_weights(
    make_generator: type[LatentGenerator],
) -> None:
    first, second = make_generator(), make_generator()
    with torch.inference_mode():
        assert units(first) is units(first)
    assert torch.equal(units(first), units(second))
    assert not any(weight.grad is not None for weight in first.net.parameters())
