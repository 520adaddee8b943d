"""The generator's recipe: stages by their share of the budget, and a resume within a stage that leaves no trace."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.core.weights import save_state
from pipeline.training import loop
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderPlan, RenderSet, open_renders
from pipeline.training.generator import GeneratorRecipe, measure, stages
from pipeline.training.loop import Budget, fit
from pipeline.training.recipe import Batch, Moment
from pipeline.world.parameters import HELD_OUT_SEED, sample_z

CPU = torch.device("cpu")
SIZE, STEPS = 64, 6


class Tiny(TrainingContext):
    """A generator of 64 pixels and its renders, beside the checkpoints."""

    def config(self, part: str) -> dict[str, Any]:
        return {"resolution": SIZE, "style_dim": 128, "n_mlp": 3, "channels": dict.fromkeys((4, 8, 16, 32, 64), 8)}

    def target(self, part: str) -> Path:
        return self.work_dir / f"{part}.safetensors"

    @cached_property
    def renders(self) -> RenderSet:
        return open_renders(self.work_dir / "renders", RenderPlan(8, 1, SIZE), self.workers)

    @cached_property
    def edited_renders(self) -> RenderSet:
        return open_renders(self.work_dir / "edits", RenderPlan(8, 1, SIZE, variant="edit"), self.workers)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("generator"), CPU, workers=0)


class Small(GeneratorRecipe):
    """Small batches; dies at its n-th step and remembers what was drawn."""

    def __init__(self, context: Tiny, die_at: int | None = None) -> None:
        super().__init__("generator", context)
        self.plan = [replace(stage, batch=2) for stage in self.plan]
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
    assert abs(numbers.index(1) / 100 - 0.07 / (0.07 + 0.28)) < 0.02
    assert [stage.size for stage in stages(256)] == [32, 64, 128, 256]


def test_fresh_portraits_come_in_pairs_and_are_not_held_out(context: Tiny) -> None:
    recipe = GeneratorRecipe("generator", context)
    (z,) = recipe.batch(np.random.default_rng(0), Moment())
    first, second = z.chunk(2)
    assert len(first) == len(second) == recipe.plan[0].batch // 2
    assert not torch.equal(first, second)
    assert not any(torch.equal(row, held) for row in z for held in sample_z(48, HELD_OUT_SEED))
    stored, rgb, labels = recipe.batch(np.random.default_rng(0), Moment(progress=0.9, stage=1))
    assert rgb.shape == (len(stored), SIZE, SIZE, 3)
    assert labels.shape == (len(stored), SIZE, SIZE)


def test_tuning_starts_from_the_weights_in_the_tree(context: Tiny) -> None:
    tuned = GeneratorRecipe("generator", Tiny(context.work_dir, CPU, workers=0, tune=True))
    torch.manual_seed(1)
    weights = {key: value.half().float() for key, value in tuned.build().state_dict().items()}
    save_state(context.target("generator"), weights, {})
    found = tuned.network().state_dict()
    assert all(torch.equal(found[key], value) for key, value in weights.items())
    assert tuned.signature() != GeneratorRecipe("generator", context).signature()
    assert [stage.size for stage in tuned.plan] == [32, 64]
    assert tuned.plan[0].rate < stages(SIZE)[0].rate


def test_the_log_has_held_out_figures(context: Tiny) -> None:
    recipe = GeneratorRecipe("generator", context)
    torch.manual_seed(0)
    net = recipe.build().eval()
    line = recipe.report(net, Moment(seconds=90), [1.0], 30)
    figures = measure(net, 32, CPU, 16)
    assert line.startswith(f"32 px, 1.5 min: psnr {figures['psnr']:.2f}, psnr_features")
