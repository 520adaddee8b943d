"""The training loop: budgets, the schedule, and a resume that leaves no trace."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from pipeline.core import half
from pipeline.core.errors import BadInput
from pipeline.training import loop
from pipeline.training.loop import Budget, fit
from pipeline.training.recipe import Batch, Moment, Recipe, learning_rate

CPU = torch.device("cpu")


class Line(Recipe):
    """Fits y = 3x + noise with a net that has batch statistics and dropout, so that every source of chance is there."""

    rate = 1e-2
    batch_size = 8

    def __init__(self, die_at: int | None = None) -> None:
        self.die_at, self.steps = die_at, 0

    def network(self) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Conv2d(4, 1, 1))

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        x = torch.from_numpy(rng.standard_normal((8, 1, 4, 4), dtype=np.float32))
        return x, 3 * x

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        self.steps += 1
        if self.steps == self.die_at:
            raise KeyboardInterrupt
        return (net(batch[0]) - batch[1]).square().mean()


def train(folder: Path, recipe: Recipe | None = None, steps: int = 12) -> dict[str, Tensor]:
    return fit(recipe or Line(), folder / "line.pt", Budget(steps=steps), CPU, log=lambda _: None).net.state_dict()


def test_resumed_after_a_kill_gives_the_weights_of_an_uninterrupted_run(tmp_path, monkeypatch):
    expected = train(tmp_path / "whole")
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", Line(die_at=8))
    again = Line()
    resumed = train(tmp_path / "killed", again)
    assert again.steps == 12 - 7
    assert all(torch.equal(resumed[key], value) for key, value in expected.items())


def test_another_seed_gives_other_weights(tmp_path):
    first = train(tmp_path / "a")
    other = fit(Line(), tmp_path / "b.pt", Budget(steps=12), CPU, seed=1, log=lambda _: None).net.state_dict()
    assert not torch.equal(first["0.weight"], other["0.weight"])


def test_learns(tmp_path):
    class Plain(Line):
        rate = 5e-2

        def network(self) -> nn.Module:
            return nn.Conv2d(1, 1, 1)

    state = train(tmp_path, Plain(), steps=300)
    assert abs(float(state["weight"]) - 3) < 0.1


def test_result_is_what_half_precision_holds(tmp_path):
    for value in train(tmp_path).values():
        if value.is_floating_point():
            assert torch.equal(value, value.half().float())


def test_checkpoint_of_other_settings_is_refused(tmp_path):
    class Other(Line):
        def signature(self) -> str:
            return "other"

    train(tmp_path)
    with pytest.raises(BadInput, match="--fresh"):
        train(tmp_path, Other())


@pytest.mark.parametrize("wanted", [True, False])
def test_half_precision_is_for_recipes_that_want_it(tmp_path, monkeypatch, wanted):
    seen = []

    class Seen(Line):
        autocast = wanted

        def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
            seen.append(net(batch[0]).dtype)
            return super().loss(net, batch, at)

    monkeypatch.setattr(half, "half_precision", lambda device: torch.bfloat16)
    state = train(tmp_path, Seen(), steps=3)
    assert seen == [torch.bfloat16 if wanted else torch.float32] * 3
    assert state["0.weight"].dtype == torch.float32


def test_divergence_is_reported(tmp_path):
    class Broken(Line):
        def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
            return super().loss(net, batch, at) * float("nan")

    with pytest.raises(BadInput, match="diverged"):
        train(tmp_path, Broken())


def test_a_finished_training_takes_no_further_step(tmp_path):
    first = train(tmp_path)
    again = Line()
    second = train(tmp_path, again)
    assert again.steps == 0
    assert torch.equal(first["0.weight"], second["0.weight"])


def test_minutes_end_a_training(tmp_path):
    recipe = Line()
    fit(recipe, tmp_path / "line.pt", Budget(minutes=0.005), CPU, log=lambda _: None)
    assert recipe.steps >= 1


@given(st.floats(0, 1), st.floats(1e-6, 1))
def test_learning_rate_stays_positive_and_below_its_peak(progress, peak):
    assert 0 < learning_rate(peak, progress) <= peak * (1 + 1e-9)


@given(st.integers(0, 1000), st.floats(0, 1000))
def test_budget_progress_is_a_share_and_grows(step, seconds):
    budget = Budget(minutes=5, steps=500)
    here, later = budget.progress(step, seconds), budget.progress(step + 1, seconds + 1)
    assert 0 <= here <= later <= 1
    assert (here == 1) == (step >= 500 or seconds >= 300)
