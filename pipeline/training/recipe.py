"""What differs from one training to another: net, batches, loss, schedule and figures."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

Batch = tuple[Tensor, ...]


@dataclass(frozen=True)
class Moment:
    """Position of a step within its training.

    Attributes:
        step: Steps taken before this one.
        progress: Used share of the budget, 0..1.
        stage: Number of the stage, from 0; see `Recipe.stage`.
        stage_start: First step of the stage.
        seconds: Training time before this step.
    """

    step: int = 0
    progress: float = 0.0
    stage: int = 0
    stage_start: int = 0
    seconds: float = 0.0


def learning_rate(peak: float, progress: float, warm_up: float = 0.02) -> float:
    """Linear warm-up over the first share `warm_up` of the budget, then half a cosine from `peak` down to 1 % of it."""
    if progress < warm_up:
        return peak * (0.05 + 0.95 * progress / warm_up)
    angle = math.pi * (progress - warm_up) / (1 - warm_up)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(angle)))


class Recipe(abc.ABC):
    """One training as `pipeline.training.loop.fit` needs it.

    Attributes:
        rate: Peak learning rate.
        weight_decay: Of AdamW.
        clip_norm: Largest norm of the gradient, None for no limit.
        batch_size: Images of a step.
        minutes: Budget unless another is asked for.
        memory_format: Of the net's weights.
        seed_offset: Added to the seed of the training.
        log_seconds: Time between two lines of the log within a stage.
        restarts: Whether each stage begins with fresh optimisers.
        remedy: What a user can do about a loss that is not finite.
        memory: What a checkpoint holds for the recipe itself: tensors, numbers, texts, lists and dicts of them.
    """

    rate = 2e-3
    weight_decay = 1e-4
    clip_norm: float | None = 5.0
    batch_size = 16
    minutes = 8.0
    memory_format = torch.channels_last
    seed_offset = 0
    log_seconds = 60.0
    restarts = False
    remedy = "use another --seed"
    memory: dict[str, Any] | None = None

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """The net to train, with fresh weights (drawn from torch's global seed) or with those to continue from."""

    @abc.abstractmethod
    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """A batch of CPU tensors; runs in a second thread, so only the arguments may decide what is drawn."""

    @abc.abstractmethod
    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """The scalar loss of a batch that is already on the net's device."""

    def optimisers(self, net: nn.Module) -> list[torch.optim.Optimizer]:
        """Optimisers of the net; a group's own "scale" is multiplied with the learning rate."""
        trained = [p for p in net.parameters() if p.requires_grad]
        return [torch.optim.AdamW(trained, self.rate, (0.9, 0.99), weight_decay=self.weight_decay)]

    def learning_rate(self, at: Moment) -> float:
        """Learning rate of a step."""
        return learning_rate(self.rate, at.progress)

    def ema_decay(self, at: Moment) -> float:
        """Decay of the averaged weights after a step, 0 (the weights themselves) to 1."""
        return min(1 - (1 + at.step) ** -0.75, 0.998)

    def stage(self, step: int, progress: float) -> int:
        """Number of the stage that a step belongs to, from 0 and never falling; a stage's end is logged and kept."""
        return 0

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        """A line of the log, written every `log_seconds` and at the end of a stage.

        Args:
            net: Averaged weights in evaluation mode.
            at: The last step.
            losses: Of the steps since the last line.
            seconds: Training time since the last line.
        """
        speed = len(losses) * self.batch_size / max(seconds, 1e-9)
        return f"step {at.step + 1}  {100 * at.progress:.0f} %  loss {np.mean(losses):.4f}  {speed:.1f} images/s"

    def stopped(self) -> bool:
        """Whether the training ends before its budget is used."""
        return False

    def signature(self) -> str:
        """Changes whenever a checkpoint of this recipe could not be continued."""
        return type(self).__qualname__


class PartRecipe(Recipe):
    """Recipe of a part of the demo set: its declared config, the shared renders, and weights to tune.

    Attributes:
        tuning_rate: Factor of the learning rate for weights that are trained already.

    Args:
        part: Name of the part in configs/models.yaml.
        context: Device, renders and places of the training.
    """

    tuning_rate = 1.0

    def __init__(self, part: str, context: TrainingContext) -> None:
        self.part, self.context = part, context
        self.config = context.config(part)
        self.input_size = int(self.config.pop("input_size", 0))  # 0 where the net takes any size
        self.data = context.renders
        if context.tune:
            self.rate = self.tuning_rate * self.rate

    @abc.abstractmethod
    def build(self) -> nn.Module:
        """The net with fresh weights, drawn from torch's global seed."""

    @abc.abstractmethod
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Held-out figures of a net in evaluation mode."""

    def network(self) -> nn.Module:
        """The net with fresh weights, or with those of the tree where they are to be tuned."""
        from pipeline.core.weights import load_state

        net = self.build()
        if self.context.tune:
            net.load_state_dict(load_state(self.context.target(self.part)))
        return net
