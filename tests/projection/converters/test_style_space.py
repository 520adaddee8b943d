"""Style space: what a latent's offset does to the styles, and the offset that comes nearest to wanted styles."""

import numpy as np
import pytest
import torch

from pipeline.core.errors import SpaceMismatch
from projection.converters.style_space import channels, from_styles, to_styles
from projection.nets.generator import Generator, ModulatedConv


@pytest.fixture(scope="module")
def net() -> Generator:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(32, style_dim=24, n_mlp=1, channels={4: 16, 8: 16, 16: 12, 32: 8}).eval()


def test_styles_are_those_that_the_layers_compute(net: Generator) -> None:
    latents = torch.randn(2, net.n_style, 24, generator=torch.Generator().manual_seed(1))
    seen = list[torch.Tensor]()
    layers = [module for module in net.modules() if isinstance(module, ModulatedConv)]
    hooks = [layer.modulation.register_forward_hook(lambda *found: seen.append(found[2])) for layer in layers]
    with torch.no_grad():
        net(latents)
    for hook in hooks:
        hook.remove()
    assert len(seen) == len(layers)
    offset = (latents[1] - latents[0]).numpy()
    expected = np.concatenate([(each[1] - each[0]).numpy() for each in seen])
    np.testing.assert_allclose(to_styles(net, offset), expected, atol=1e-5)
    assert len(expected) == sum(channels(net))


def test_offsets_and_numbers_of_no_use_are_told(net: Generator) -> None:
    with pytest.raises(SpaceMismatch, match="shape"):
        to_styles(net, np.ones((net.n_style + 1, 24), np.float32))
    wanted = np.random.default_rng(0).normal(size=sum(channels(net)))
    for factor in (1e30, 1e-25):
        assert from_styles(net, (factor * wanted).astype(np.float32))[1] == pytest.approx(
            from_styles(net, wanted.astype(np.float32))[1], abs=1e-3
        )


def test_every_offset_comes_back(net: Generator) -> None:
    offset = np.random.default_rng(0).normal(size=(net.n_style, 24)).astype(np.float32)
    found, share = from_styles(net, to_styles(net, offset))
    assert share == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(to_styles(net, found), to_styles(net, offset), atol=1e-3)


def test_without_colours_they_are_asked_to_stay(net: Generator) -> None:
    own, colours = channels(net)
    wanted = np.random.default_rng(0).normal(size=own).astype(np.float32)
    found, share = from_styles(net, wanted)
    got = to_styles(net, found)
    assert len(got) == own + colours
    assert 0.6 < share < 1
    # The first layer has a row to itself: its styles are reached, whatever they are.
    np.testing.assert_allclose(got[:16], wanted[:16], atol=1e-3)


@pytest.mark.parametrize("extra", [-1, 1])
def test_another_number_of_styles_belongs_to_another_generator(net: Generator, extra: int) -> None:
    for count in (channels(net)[0], sum(channels(net))):
        with pytest.raises(SpaceMismatch, match="do not belong"):
            from_styles(net, np.ones(count + extra, np.float32))


def test_what_w_plus_hardly_reaches_is_told(net: Generator) -> None:
    """Both layers of the second row, driven against what a common latent does to them."""
    first, second = (
        (layer.modulation.weight * layer.modulation.scale).detach().numpy()
        for layer in (net.to_rgb1.conv, net.convs[0].conv)
    )
    both = np.concatenate([first, second])
    beyond = np.linalg.svd(both, full_matrices=True)[0][:, 24:].sum(1)
    wanted = np.zeros(sum(channels(net)), np.float32)
    wanted[16:48] = beyond
    with pytest.raises(SpaceMismatch, match="reaches only"):
        from_styles(net, wanted)
