"""Nets to start from: fresh ones, or those of a set, of which the mapping and the finer layers stay."""

from dataclasses import replace

import pytest
import torch

from pipeline.core.errors import BadConfig, BadInput
from pipeline.models import Models
from pipeline.training.gan.start import open_start
from tests.pipeline.training.gan.gan import TINY


def test_a_fresh_start_has_the_widths_of_the_settings() -> None:
    start = open_start(TINY, None)
    assert start.generator.channels == {4: 8, 8: 8, 16: 8, 32: 4}
    assert start.discriminator.levels == [32, 16, 8]
    assert not start.warm_up
    assert all(weight.requires_grad for weight in start.generator.parameters())


def test_a_set_gives_its_generator_and_a_discriminator_to_warm_up(demo_models: Models) -> None:
    start = open_start(replace(TINY, resolution=64, discriminator_width=0.25), "demo")
    assert start.warm_up
    assert start.discriminator.channels[64] == 24
    theirs = demo_models.generator.net.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in start.generator.state_dict().items())
    still = {name.split(".weight")[0] for name, p in start.generator.named_parameters() if not p.requires_grad}
    assert {name for name in still if name.startswith("style")}
    assert {name.split(".")[1] for name in still if name.startswith("convs.")} == {"8", "9", "10", "11"}
    assert {name.split(".")[1] for name in still if name.startswith("to_rgbs.")} == {"4", "5"}


def test_what_cannot_be_started_from_is_told() -> None:
    with pytest.raises(BadInput, match="more than the 256 pixels of demo"):
        open_start(replace(TINY, resolution=512), "demo")
    with pytest.raises(BadInput, match="has no generator"):
        open_start(TINY, "phone")
    with pytest.raises(BadConfig, match="did you mean demo"):
        open_start(TINY, "dmo")
