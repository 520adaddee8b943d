"""The generator's recipe: stages by their share of the budget, and a resume within a stage that leaves no trace."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.core.weights import load_state, read_metadata, save_state
from pipeline.training import loop
from pipeline.training.generator import GeneratorRecipe, measure, stages
from pipeline.training.loop import Budget, fit
from pipeline.training.parts import train_part
from pipeline.training.recipe import Batch, Moment
from pipeline.world.latents import from_seen
from projection.nets.generator import Generator
from tests.support.sample_sets import SampleTraining

CPU = torch.device("cpu")
SIZE, STEPS = 64, 6


class Tiny(SampleTraining):
    """A generator of 64 pixels."""

    def config(self, part: str) -> dict[str, Any]:
        return {"resolution": SIZE, "style_dim": 512, "n_mlp": 3, "channels": dict.fromkeys((4, 8, 16, 32, 64), 8)}


def tiny(folder: Path, tune: bool = False) -> Tiny:
    counts = {"portraits": 8, "wild_portraits": 0, "pairs": 6, "even": 0, "held_out_portraits": 12}
    return Tiny(folder, CPU, **counts, workers=1, tune=tune)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny(tmp_path_factory.mktemp("generator"))


class Small(GeneratorRecipe):
    """Small batches; dies at its n-th step and remembers what was drawn."""

    def __init__(self, context: Tiny, die_at: int | None = None) -> None:
        super().__init__("generator", context)
        self.plan = [replace(stage, batch=4) for stage in self.plan]
        self.die_at, self.drawn, self.moments = die_at, list[Tensor](), list[Moment]()

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        self.drawn.append(batch[0])
        self.moments.append(at)
        if len(self.drawn) == self.die_at:
            raise KeyboardInterrupt
        return super().loss(net, batch, at)

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        return f"{len(losses)} steps"


def train(recipe: Small, folder: Path) -> tuple[dict[str, Tensor], list[str]]:
    log: list[str] = []
    return fit(recipe, folder / "generator.pt", Budget(steps=STEPS), CPU, log=log.append).net.state_dict(), log


def test_a_stage_that_is_resumed_draws_the_same_portraits_and_ends_with_the_same_weights(
    context: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, killed, resumed = Small(context), Small(context, die_at=5), Small(context)
    expected, lines = train(whole, tmp_path / "whole")
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        train(killed, tmp_path / "killed")
    found, more = train(resumed, tmp_path / "killed")
    assert [at.stage for at in whole.moments] == [0, 0, 1, 1, 1, 1]
    assert [(at.step, at.stage_start) for at in resumed.moments] == [(4, 2), (5, 2)]
    assert all(torch.equal(a, b) for a, b in zip(resumed.drawn, whole.drawn[4:], strict=True))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], value) for key, value in expected.items())
    assert lines == ["2 steps", "4 steps"]
    assert more[0].startswith("Resumed at step 4 ")
    assert more[1:] == ["4 steps"]


def test_all_but_the_mapping_network_is_trained(context: Tiny) -> None:
    recipe = Small(context)
    net = recipe.build()
    recipe.loss(net, recipe.batch(np.random.default_rng(0), Moment(stage=1)), Moment(stage=1)).backward()
    groups = [group for optimiser in recipe.optimisers(net) for group in optimiser.param_groups]
    trained = [id(p) for group in groups for p in group["params"]]
    assert len(trained) == len(set(trained))
    for name, p in net.named_parameters():
        assert (id(p) in trained) == (p.grad is not None) == (not name.startswith("style.")), name


def test_stages_follow_the_budget_and_never_fall(context: Tiny) -> None:
    recipe = GeneratorRecipe("generator", context)
    numbers = [recipe.stage(0, progress) for progress in np.linspace(0, 1, 101)]
    assert numbers == sorted(numbers)
    assert set(numbers) == {0, 1}
    assert abs(numbers.index(1) / 100 - 0.08 / (0.08 + 0.27)) < 0.02
    assert [stage.size for stage in stages(256)] == [32, 64, 128, 256]


def test_half_of_a_batch_are_people_before_and_after_an_edit(context: Tiny) -> None:
    recipe = GeneratorRecipe("generator", context)
    w, images, weight = recipe.batch(np.random.default_rng(0), Moment(progress=0.9, stage=1))
    batch, pairs = recipe.plan[1].batch, recipe.plan[1].batch // 4
    assert w.shape == (batch, 512)
    assert images.shape == (batch, 3, SIZE, SIZE)
    assert weight.shape == (batch, 1, SIZE, SIZE)
    before, after = w[-2 * pairs : -pairs], w[-pairs:]
    stored = torch.from_numpy(from_seen(context.edited_renders.seen, 512))
    for one, other in zip(before, after, strict=True):
        row = int((stored == other).all(1).nonzero())
        assert context.edited_renders.edits[row]
        assert torch.equal(one, stored[row - 1])
        assert 1 <= int((one != other).sum()) <= 6  # a few parameters, no trait
    brightness = images.mean((1, 2, 3))
    assert (brightness[-2 * pairs : -pairs] > brightness[-pairs:]).all()  # the picture after an edit is darker here
    singles = torch.from_numpy(from_seen(context.renders.seen, 512))
    assert all((singles == row).all(1).any() for row in w[: -2 * pairs])


def test_tuning_starts_from_the_weights_in_the_tree(context: Tiny) -> None:
    tuned = GeneratorRecipe("generator", tiny(context.work_dir, tune=True))
    torch.manual_seed(1)
    weights = {key: value.half().float() for key, value in tuned.build().state_dict().items()}
    save_state(context.target("generator"), weights, {})
    found = tuned.network().state_dict()
    assert all(torch.equal(found[key], value) for key, value in weights.items())
    assert tuned.signature() != GeneratorRecipe("generator", context).signature()
    assert [stage.size for stage in tuned.plan] == [32, 64]
    assert tuned.plan[0].rate < stages(SIZE)[0].rate


def test_two_steps_give_weights_that_open(tmp_path: Path) -> None:
    context = tiny(tmp_path)
    metrics = train_part("generator", context, Budget(steps=2), log=lambda _: None)
    net = Generator(**context.config("generator"))
    net.load_state_dict(load_state(context.target("generator")))
    w = torch.from_numpy(from_seen(context.held_out.seen[:1], 512))
    assert net(w).shape == (1, 3, SIZE, SIZE)
    assert json.loads(read_metadata(context.target("generator"))["metrics"]).keys() == metrics.keys()
    assert 5 < metrics["psnr"] < 60


def test_the_log_has_held_out_figures(context: Tiny) -> None:
    recipe = GeneratorRecipe("generator", context)
    torch.manual_seed(0)
    net = recipe.build().eval()
    line = recipe.report(net, Moment(seconds=90), [1.0], 30)
    figures = measure(net, context.held_out, 32, CPU)
    assert line.startswith(f"32 px, 1.5 min, step 1, loss 1.0000: psnr {figures['psnr']:.2f}, psnr_features")
    assert set(figures) == {"psnr", "psnr_features", "psnr_half_width", "psnr_quarter_width"}
