"""The discriminator: entries for several sizes, deviation of a minibatch, frozen blocks, second derivatives."""

import pytest
import torch

from pipeline.training.gan.discriminator import Discriminator, EqualConv, with_deviation

CHANNELS = {4: 8, 8: 8, 16: 8, 32: 8}


@pytest.mark.parametrize("size", [32, 16, 8])
def test_every_level_has_its_entry(size: int) -> None:
    net = Discriminator(CHANNELS, [32, 16, 8])
    assert net(torch.randn(4, 3, size, size)).shape == (4,)


def test_only_the_declared_levels_have_one() -> None:
    with pytest.raises(KeyError):
        Discriminator(CHANNELS, [32])(torch.randn(4, 3, 16, 16))


@pytest.mark.parametrize("kernel", [1, 3])
def test_halving_keeps_a_flat_image_flat(kernel: int) -> None:
    conv = EqualConv(2, 2, kernel, down=True, activate=False)
    out = conv(torch.ones(1, 2, 16, 16))
    assert out.shape == (1, 2, 8, 8)
    inner = out[:, :, 2:-2, 2:-2]
    expected = conv.weight.sum((1, 2, 3)) * conv.scale
    torch.testing.assert_close(inner, expected[None, :, None, None].expand_as(inner))


def test_the_deviation_is_that_of_each_group() -> None:
    one = torch.randn(1, 2, 4, 4)
    same, different = one.expand(4, -1, -1, -1), torch.randn(4, 2, 4, 4)
    # Groups hold every second image of eight: those at even places are equal here, the others differ.
    mixed = torch.stack((same, different), 1).flatten(0, 1)
    channel = with_deviation(mixed)[:, 2, 0, 0]
    assert channel[::2].max() < 1e-3
    torch.testing.assert_close(channel[1::2], different.std(0, correction=0).mean().expand(4), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_any_batch_has_groups(count: int) -> None:
    assert with_deviation(torch.randn(count, 2, 4, 4)).shape == (count, 3, 4, 4)


def test_frozen_blocks_are_the_finest_and_their_entries() -> None:
    net = Discriminator(CHANNELS, [32, 16, 8])
    net.freeze(2)
    still = {".".join(name.split(".")[:2]) for name, weight in net.named_parameters() if not weight.requires_grad}
    assert still == {"blocks.32", "blocks.16", "from_rgb.32", "from_rgb.16"}


def test_it_has_second_derivatives() -> None:
    net = Discriminator(CHANNELS, [32])
    images = torch.randn(2, 3, 32, 32, requires_grad=True)
    (slopes,) = torch.autograd.grad(net(images).sum(), images, create_graph=True)
    slopes.square().sum().backward()
    assert net.blocks["32"].first.weight.grad.abs().sum() > 0
