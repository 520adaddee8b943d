"""Both DPTs see the depth that the published ones see."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pipeline.core.checkpoints import fill
from postprocess.nets.dpt import DPT
from tests.parity.recipe import Fixture, manifest, seeded, stats

NETS: dict[str, dict[str, Any]] = {
    "dpt_large": {},
    "dpt_hybrid": {"dim": 768, "depth": 12, "heads": 12, "hooks": (8, 11), "resnet": (3, 4, 9)},
}


@pytest.mark.parametrize("name", NETS)
def test_same_keys_and_shapes_as_the_checkpoint(name: str) -> None:
    with torch.device("meta"):
        net = DPT(**NETS[name])
    assert {key: tuple(value.shape) for key, value in net.state_dict().items()} == manifest(name)


@pytest.mark.parametrize("name", NETS)
def test_layer_norms_use_the_published_epsilon(name: str) -> None:
    """The reference outputs cannot tell 1e-6 from torch's own 1e-5, so the net itself is asked."""
    with torch.device("meta"):
        net = DPT(**NETS[name])
    norms = [module for module in net.modules() if isinstance(module, torch.nn.LayerNorm)]
    assert len(norms) == 2 * len(net.pretrained.model.blocks) + 1
    assert {norm.eps for norm in norms} == {1e-6}


@pytest.mark.full
@pytest.mark.parametrize("name", NETS)
def test_same_depth(name: str) -> None:
    fixture = Fixture(name)
    net = fill(lambda: DPT(**NETS[name]), seeded(name, fixture.salt)).eval()
    for case, spec in fixture.cases.items():
        x = fixture.picture(case) * 2 - 1
        with torch.inference_mode():
            out = net(x)
            stages = net.stages(x)
            taken = [stage[:, ::29, ::17, ::19] for stage in stages[: net.first_hook]]
            taken += [tokens[:, ::37, ::41] for tokens in net.tokens(stages[-1])]
        found = {"s16": out[:, 3::16, 5::16], "s8": out[:, ::8, ::8], "stats": stats(out)}
        found |= {f"act{i}": each for i, each in enumerate(taken, start=1)}
        fixture.check(case, {output: found[output] for output in spec["outputs"]})
