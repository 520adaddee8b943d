"""Training loop of every net: budget in minutes or steps, averaged weights, checkpoints, exact resume.

The random numbers of a step depend on its number alone, so a resumed training takes the steps of an uninterrupted one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timm.utils import ModelEmaV3
from torch import nn

from pipeline.core.errors import BadInput
from pipeline.core.half import autocast
from pipeline.training.checkpoint import write_checkpoint
from pipeline.training.recipe import Batch, Moment, Recipe

CHECKPOINT_SECONDS = 120.0
FORMAT = 3  # of the checkpoints


@dataclass(frozen=True)
class Budget:
    """Limits of a training, which ends at the first one reached.

    Attributes:
        minutes: Wall time, None for no limit.
        steps: Steps, None for no limit.
    """

    minutes: float | None = None
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        """Used share of the budget, 0..1."""
        shares = [step / max(self.steps, 1)] if self.steps is not None else []
        if self.minutes is not None:
            shares.append(seconds / max(self.minutes * 60, 1e-9))
        return min(max(shares), 1.0) if shares else 1.0


@dataclass(frozen=True)
class Fitted:
    """Result of a training.

    Attributes:
        net: Averaged weights, rounded to half precision, in evaluation mode.
        minutes: Training time, earlier starts included.
    """

    net: nn.Module
    minutes: float


def fit(
    recipe: Recipe,
    checkpoint: Path,
    budget: Budget,
    device: torch.device,
    *,
    seed: int = 0,
    log: Callable[[str], None] = print,
) -> Fitted:
    """Train until the budget is used or the recipe stops.

    With a budget in steps, a resumed run gives the same weights as an uninterrupted one.

    Args:
        recipe: Net, batches, loss and schedule.
        checkpoint: Resumed if it exists; written every two minutes and at the end of a stage.
        budget: Limits, earlier starts included.
        device: Device of the net.
        seed: Seed of weights and batches.
        log: Receives the lines of the log.

    Raises:
        BadInput: The checkpoint belongs to other settings, or the loss is not finite.
    """
    training = _Training(recipe, checkpoint, budget, device, seed)
    if training.at.step:
        log(f"Resumed at step {training.at.step} ({training.seconds / 60:.1f} min).")
    with ThreadPoolExecutor(1) as reader:

        def drawn(at: Moment) -> Future[Batch] | None:
            return reader.submit(recipe.batch, np.random.default_rng((seed, at.step)), at) if at.progress < 1 else None

        coming = None if recipe.stopped() else drawn(training.at)
        while coming is not None:
            batch = tuple(tensor.to(device, non_blocking=True) for tensor in coming.result())
            at, following = training.at, training.following()
            coming = drawn(following)
            training.take_step(batch)
            training.at = following
            spent = budget.progress(following.step, training.seconds) >= 1
            ended = spent or following.stage != at.stage
            if ended or training.seconds - training.logged >= recipe.log_seconds:
                log(training.report(at))
            if ended or training.seconds - training.kept >= CHECKPOINT_SECONDS:
                training.keep()
            if spent or recipe.stopped():
                break
    return Fitted(_rounded(training.ema.module), training.seconds / 60)


class _Training:
    """State of a training: weights, their average, optimisers, position, and the losses not yet logged."""

    def __init__(self, recipe: Recipe, checkpoint: Path, budget: Budget, device: torch.device, seed: int) -> None:
        self.recipe, self.checkpoint, self.budget, self.seed = recipe, checkpoint, budget, seed
        self.device = device
        self.signature = f"{FORMAT} {recipe.signature()}"
        saved = self._load(device)
        torch.manual_seed(seed)
        self.net = recipe.network().to(device).to(memory_format=recipe.memory_format)
        self.ema = ModelEmaV3(self.net)
        self.optimisers = recipe.optimisers(self.net)
        self.at, self.logged, self.kept = Moment(), 0.0, 0.0
        self.losses: list[float] = []
        self._began = time.monotonic()
        if saved is not None:
            self._restore(saved)

    @property
    def seconds(self) -> float:
        """Training time, earlier starts included."""
        return time.monotonic() - self._began

    def _load(self, device: torch.device) -> dict[str, Any] | None:
        if not self.checkpoint.exists():
            return None
        saved: dict[str, Any] = torch.load(self.checkpoint, map_location=device, weights_only=True)
        if saved.get("signature") != self.signature:
            raise BadInput(
                f"The checkpoint {self.checkpoint} belongs to other settings or an earlier version: "
                "to start again, remove it or add --fresh to `train demo`."
            )
        return saved

    def _restore(self, saved: Mapping[str, Any]) -> None:
        self.net.load_state_dict(saved["net"])
        self.ema.module.load_state_dict(saved["ema"])
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.recipe.memory = saved["memory"]
        self.losses, self.logged, self.kept = saved["losses"], saved["logged"], saved["seconds"]
        self._began -= saved["seconds"]
        self.at = self._moment(**saved["at"])

    def keep(self) -> None:
        """Write the checkpoint; a kill leaves the old or the new one."""
        self.kept = self.seconds
        state = {
            "signature": self.signature,
            "net": self.net.state_dict(),
            "ema": self.ema.module.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "memory": self.recipe.memory,
            "losses": self.losses,
            "logged": self.logged,
            "seconds": self.kept,
            "at": {"step": self.at.step, "stage": self.at.stage, "stage_start": self.at.stage_start},
        }
        write_checkpoint(self.checkpoint, state)

    def following(self) -> Moment:
        """The step after the next one."""
        return self._moment(self.at.step + 1, self.at.stage, self.at.stage_start)

    def _moment(self, step: int, stage: int, stage_start: int) -> Moment:
        progress = self.budget.progress(step, self.seconds)
        entered = self.recipe.stage(step, progress)
        return Moment(step, progress, entered, stage_start if entered == stage else step, self.seconds)

    def take_step(self, batch: Batch) -> None:
        """Take a step on a batch on the net's device."""
        recipe, at = self.recipe, self.at
        torch.manual_seed(self.seed + at.step)
        if recipe.restarts and at.step == at.stage_start:
            self.optimisers = recipe.optimisers(self.net)
        rate = recipe.learning_rate(at)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * group.get("scale", 1.0)
        self.net.train()
        with autocast(self.device, recipe.autocast):
            loss = recipe.loss(self.net, batch, at)
        if not torch.isfinite(loss):
            raise BadInput(f"The training diverged (the loss is not finite): {recipe.remedy}.")
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.net.parameters(), recipe.clip_norm)
        for optimiser in self.optimisers:
            optimiser.step()
        self.losses.append(float(loss.detach()))
        self.ema.decay = recipe.ema_decay(at)
        self.ema.update(self.net)

    def report(self, at: Moment) -> str:
        """The recipe's line of the log for the steps since the last one."""
        line = self.recipe.report(self.ema.module, at, self.losses, self.seconds - self.logged)
        self.losses, self.logged = [], self.seconds
        return line


def _rounded(net: nn.Module) -> nn.Module:
    """The net in evaluation mode, its weights rounded to half precision."""
    net.eval().requires_grad_(False)
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.copy_(value.half().float())
    return net
