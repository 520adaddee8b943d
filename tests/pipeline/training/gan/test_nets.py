"""A step of both nets: lazy regularisation, warm-up, frozen blocks, adaptive augmentation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.training.gan.nets import AdversarialNets
from pipeline.training.gan.settings import GanSettings
from pipeline.training.gan.start import Start, open_start
from tests.pipeline.training.gan.gan import CPU, TINY, blobs

IMAGES = blobs(20, 32)


def nets(settings: GanSettings = TINY, *, warm_up: bool = False) -> AdversarialNets:
    torch.manual_seed(0)
    start = open_start(settings, None)
    return AdversarialNets(Start(start.generator, start.discriminator, None, warm_up), settings, CPU)


def weights(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in net.named_parameters()}


def test_all_weights_of_both_nets_learn() -> None:
    trained = nets(replace(TINY, elastic=False))
    before = weights(trained.generator), weights(trained.discriminator)
    for step in range(2):
        trained.take_step(step, IMAGES)
    after = weights(trained.generator), weights(trained.discriminator)
    still = [key for old, new in zip(before, after, strict=True) for key in old if torch.equal(old[key], new[key])]
    assert not still


def test_regularisation_is_lazy() -> None:
    trained = nets()
    figures = [trained.take_step(step, IMAGES) for step in range(17)]
    assert [step for step, line in enumerate(figures) if "path" in line] == [0, 4, 8, 12, 16]
    assert [step for step, line in enumerate(figures) if "r1" in line] == [0, 16]


def test_a_loaded_generator_waits_for_its_discriminator() -> None:
    trained = nets(replace(TINY, elastic=False, warm_up=0.012, freeze_d=1), warm_up=True)  # three steps
    generator, judge = weights(trained.generator), weights(trained.discriminator)
    for step in range(3):
        assert "generator" not in trained.take_step(step, IMAGES)
    assert all(torch.equal(value, generator[key]) for key, value in weights(trained.generator).items())
    warm = weights(trained.discriminator)
    assert not torch.equal(warm["blocks.32.first.weight"], judge["blocks.32.first.weight"])
    assert "generator" in trained.take_step(3, IMAGES)
    after = weights(trained.discriminator)
    assert torch.equal(warm["blocks.32.first.weight"], after["blocks.32.first.weight"])  # frozen from now on
    assert not torch.equal(warm["blocks.16.first.weight"], after["blocks.16.first.weight"])


@pytest.mark.parametrize(("recognised", "change"), [(1.0, 1), (0.0, -1)])
def test_the_augmentation_follows_the_share_of_recognised_images(recognised: float, change: int) -> None:
    trained = nets()
    trained.p = 0.5
    for step in range(4):
        trained.signs.append(recognised)
        trained._adjust(step)
    assert trained.p - 0.5 == pytest.approx(change * 16 / 500_000)  # 16 of the images in which it goes from 0 to 1
    assert trained.signs == []


def test_no_target_means_no_augmentation() -> None:
    trained = nets(replace(TINY, ada_target=0.0))
    trained.signs = [1.0] * 4
    trained._adjust(3)
    assert trained.p == 0


def test_a_diverging_training_says_so() -> None:
    trained = nets()
    with torch.no_grad():
        trained.discriminator.logit.weight.fill_(float("nan"))
    with pytest.raises(BadInput, match="--rate"):
        trained.take_step(1, IMAGES)


def test_half_of_the_images_are_mirrored_unless_told_otherwise() -> None:
    lopsided = np.zeros((20, 32, 32, 3), np.uint8)
    lopsided[:, :, :16] = 255
    for mirror, expected in ((True, 0.5), (False, 0.0)):
        trained = nets(replace(TINY, mirror=mirror, batch_size=100))
        real = trained._real(0, lopsided, np.random.default_rng(0))
        assert float((real[:, 0, 0, 0] < 0).float().mean()) == pytest.approx(expected, abs=0.15)


def test_weights_of_a_loaded_set_that_stay_are_bitwise_the_same(tmp_path: Path) -> None:
    settings = replace(TINY, warm_up=0.0, discriminator_width=0.1)
    torch.manual_seed(0)
    trained = AdversarialNets(open_start(settings, "demo"), settings, CPU)
    before = trained.mean_generator.state_dict()["style.1.weight"].clone()
    for step in range(2):
        trained.take_step(step, IMAGES)
    assert torch.equal(trained.mean_generator.state_dict()["style.1.weight"], before)
    assert torch.equal(trained.generator.state_dict()["style.1.weight"], before)
