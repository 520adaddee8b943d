"""One training loop for every part: a budget in minutes or steps, EMA weights, checkpoints, and an exact resume.

A step draws everything that is random from its own number, so a run that was killed and resumed walks the same steps
as one that was not.
"""

from __future__ import annotations

import abc
import math
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from pipeline.core.errors import BadInput

Batch = tuple[Tensor, ...]
CHECKPOINT_SECONDS = 120.0
LOG_SECONDS = 60.0


@dataclass(frozen=True)
class Budget:
    """When a training ends: after `minutes` of wall time or after `steps` steps, whichever is given and comes first."""

    minutes: float | None = None
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        """Share of the budget that is used, 0..1."""
        shares = [step / max(self.steps, 1)] if self.steps is not None else []
        if self.minutes is not None:
            shares.append(seconds / max(self.minutes * 60, 1e-9))
        return min(max(shares), 1.0) if shares else 1.0


class Recipe(abc.ABC):
    """What differs from part to part: the net, where a batch comes from, the loss of a step, the held-out figures."""

    rate = 2e-3
    weight_decay = 1e-4
    ema_decay = 0.998
    batch_size = 16
    minutes = 8.0
    memory_format = torch.channels_last
    seed_offset = 0

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """The net to train, with fresh weights (drawn from torch's global seed) or with those to continue from."""

    @abc.abstractmethod
    def batch(self, rng: np.random.Generator) -> Batch:
        """A batch of CPU tensors; runs in a second thread, so nothing but `rng` may decide what is drawn."""

    @abc.abstractmethod
    def loss(self, net: nn.Module, batch: Batch, progress: float) -> Tensor:
        """The scalar loss of a batch that is already on the net's device; progress 0..1."""

    @abc.abstractmethod
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Held-out figures of a net in evaluation mode."""

    def state(self, net: nn.Module) -> dict[str, Tensor]:
        """What is written to the tree."""
        return net.state_dict()

    def signature(self) -> str:
        """Changes whenever a checkpoint of this recipe could not be continued."""
        return type(self).__qualname__


def learning_rate(peak: float, progress: float, warm_up: float = 0.02) -> float:
    """Linear warm-up over the first share `warm_up` of the budget, then half a cosine from `peak` down to 1 % of it."""
    if progress < warm_up:
        return peak * (0.05 + 0.95 * progress / warm_up)
    angle = math.pi * (progress - warm_up) / (1 - warm_up)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(angle)))


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint so that a kill leaves either the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        torch.save(dict(state), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path, signature: str, device: torch.device) -> dict[str, Any] | None:
    """The checkpoint at `path`, or None where there is none; BadInput when it belongs to other settings."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    if state.get("signature") != signature:
        raise BadInput(f"{path} was made with other settings; start anew with --fresh or name another --work-dir.")
    return state


def _rng(seed: int, step: int) -> np.random.Generator:
    return np.random.default_rng((seed, step))


def fit(
    recipe: Recipe,
    checkpoint: Path,
    budget: Budget,
    device: torch.device,
    *,
    seed: int = 0,
    log: Callable[[str], None] = print,
) -> nn.Module:
    """Train until the budget is used; returns the EMA net in evaluation mode, rounded to what fp16 can hold.

    Continues from `checkpoint` where it exists and writes it every two minutes and at the end. With a budget in steps,
    a resumed run gives the same weights as an uninterrupted one.
    """
    torch.manual_seed(seed)
    net = recipe.network().to(device).to(memory_format=recipe.memory_format)
    ema = ModelEmaV3(net, decay=recipe.ema_decay, use_warmup=True, warmup_power=0.75)
    optimiser = torch.optim.AdamW(
        [p for p in net.parameters() if p.requires_grad], recipe.rate, (0.9, 0.99), weight_decay=recipe.weight_decay
    )
    step, used = 0, 0.0
    if (saved := load_checkpoint(checkpoint, recipe.signature(), device)) is not None:
        net.load_state_dict(saved["net"])
        ema.module.load_state_dict(saved["ema"])
        optimiser.load_state_dict(saved["optimiser"])
        step, used = int(saved["step"]), float(saved["seconds"])
        log(f"resumed at step {step} ({used / 60:.1f} min)")

    def keep() -> None:
        state = {"net": net.state_dict(), "ema": ema.module.state_dict(), "optimiser": optimiser.state_dict()}
        save_checkpoint(checkpoint, state | {"step": step, "seconds": used, "signature": recipe.signature()})

    losses: list[float] = []
    started, kept, logged, first = time.monotonic() - used, used, used, step
    with ThreadPoolExecutor(1) as reader:
        following: Future[Batch] | None = None
        while (progress := budget.progress(step, used)) < 1:
            current = following or reader.submit(recipe.batch, _rng(seed, step))
            batch = tuple(t.to(device, non_blocking=True) for t in current.result())
            following = reader.submit(recipe.batch, _rng(seed, step + 1))
            torch.manual_seed(seed + step)
            losses.append(_step(recipe, net, optimiser, batch, progress))
            step += 1
            ema.update(net, step=step)
            used = time.monotonic() - started
            if used - logged >= LOG_SECONDS or budget.progress(step, used) >= 1:
                speed = (step - first) * recipe.batch_size / max(used - logged, 1e-9)
                log(f"step {step}  {100 * progress:.0f} %  loss {np.mean(losses):.4f}  {speed:.1f} images/s")
                losses, logged, first = [], used, step
            if used - kept >= CHECKPOINT_SECONDS:
                keep()
                kept = used
    keep()
    result = ema.module.eval().requires_grad_(False)
    for value in result.state_dict().values():
        if value.is_floating_point():
            value.copy_(value.half().float())
    return result


def _step(recipe: Recipe, net: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, progress: float) -> float:
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(recipe.rate, progress)
    net.train()
    loss = recipe.loss(net, batch, progress)
    if not torch.isfinite(loss):
        raise BadInput("the training diverged (the loss is not finite); lower the learning rate or use another seed.")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimiser.step()
    return float(loss.detach())
