"""Style mixing: one or two latents, changed within the layers that are drawn."""

import pytest
import torch

from pipeline.training.gan.latents import mixed_latents, noise_images, styles_used
from pipeline.training.gan.start import fresh_generator
from tests.pipeline.training.gan.gan import TINY


def changes(mixing: float, resolution: int) -> torch.Tensor:
    """First layer of the second style of each latent; 0 for one style alone."""
    torch.manual_seed(0)
    net = fresh_generator(TINY)
    latents = mixed_latents(net, 500, resolution, mixing).detach()
    other = (latents != latents[:, :1]).any(2)
    return torch.where(other.any(1), other.int().argmax(1), 0)


def test_without_mixing_all_layers_have_one_style() -> None:
    assert (changes(0.0, 32) == 0).all()


@pytest.mark.parametrize("resolution", [32, 8])
def test_styles_change_at_a_layer_that_is_drawn(resolution: int) -> None:
    found = changes(1.0, resolution)
    assert set(found.tolist()) == set(range(1, styles_used(resolution)))


def test_nine_in_ten_are_mixed() -> None:
    assert float((changes(0.9, 32) > 0).float().mean()) == pytest.approx(0.9, abs=0.04)


def test_noise_fits_the_net_and_differs_by_image() -> None:
    net = fresh_generator(TINY)
    noise = noise_images(net, 3)
    assert [n.shape[1:] for n in noise] == [n.shape[1:] for n in net.noises.all()]
    assert not torch.equal(noise[-1][0], noise[-1][1])
