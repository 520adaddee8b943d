"""Random sub-nets and their distance to the full net."""

import numpy as np
import torch

from pipeline.training.gan.elastic import SubNet, consistency, draw_sub_net
from pipeline.training.gan.latents import mixed_latents, noise_images
from pipeline.training.gan.settings import RATIOS
from pipeline.training.gan.start import fresh_generator
from tests.pipeline.training.gan.gan import TINY


def test_all_widths_and_resolutions_are_drawn_the_full_ones_most() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_sub_net(rng, TINY.levels) for _ in range(600)]
    assert {(each.resolution, each.ratio) for each in drawn} == {(r, w) for r in TINY.levels for w in (*RATIOS, 1.0)}
    full = [each.resolution == 32 and each.ratio == 1 for each in drawn]
    assert 0.2 < np.mean(full) < 0.3


def test_one_level_means_the_full_net_alone() -> None:
    rng = np.random.default_rng(0)
    assert {draw_sub_net(rng, [64]) for _ in range(50)} == {SubNet(64)}


def test_the_full_net_is_at_no_distance_from_itself_and_gets_no_gradient() -> None:
    torch.manual_seed(0)
    net = fresh_generator(TINY)
    latents, noise = mixed_latents(net, 2, 32).detach(), noise_images(net, 2)
    images = net(latents, noise=noise)
    assert float(consistency(images, net, latents, noise, SubNet(32))) < 1e-6
    narrow = net(latents, noise=noise, ratio=0.25).detach()
    apart = consistency(narrow, net, latents, noise, SubNet(32))
    assert float(apart) > 0.01
    assert not apart.requires_grad
