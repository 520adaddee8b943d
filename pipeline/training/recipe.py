"""Training recipes: net, batches, loss, schedule and held-out figures of a training."""

from __future__ import annotations

import abc
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.core.tensors import batches
from pipeline.core.types import Floats, Image
from pipeline.core.weights import load_state
from pipeline.training.context import TrainingContext
from pipeline.training.data import Renders, RenderSet
from pipeline.training.generated_images import generated_images

Batch = tuple[Tensor, ...]
Rows = npt.NDArray[np.int64]
GENERATED_SHARE = 0.4


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
    """Training for `pipeline.training.loop.fit`.

    Attributes:
        rate: Peak learning rate.
        weight_decay: Weight decay of AdamW.
        clip_norm: Largest norm of the gradient, None for no limit.
        batch_size: Images per step.
        minutes: Default budget, for one thread of a processor.
        memory_format: Memory format of the net's weights.
        seed_offset: Added to the seed of the training.
        log_seconds: Time between two lines of the log within a stage.
        restarts: Whether each stage begins with fresh optimisers.
        remedy: Advice to the user when the loss is not finite.
        autocast: Whether convolutions run in half precision where that is faster.
        memory: State of the recipe in a checkpoint: tensors, numbers, texts, lists and dicts of them.
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
    autocast = False
    memory: dict[str, Any] | None = None

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """The net to train, with fresh weights (drawn from torch's global seed) or with pretrained ones."""

    @abc.abstractmethod
    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """A batch of CPU tensors; runs in a second thread, so it may depend on nothing but the arguments."""

    @abc.abstractmethod
    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Scalar loss of a batch on the net's device."""

    def optimisers(self, net: nn.Module) -> list[torch.optim.Optimizer]:
        """Optimisers of the net; the "scale" of a parameter group multiplies the learning rate."""
        trained = [p for p in net.parameters() if p.requires_grad]
        return [torch.optim.AdamW(trained, self.rate, (0.9, 0.99), weight_decay=self.weight_decay)]

    def learning_rate(self, at: Moment) -> float:
        """Learning rate of a step."""
        return learning_rate(self.rate, at.progress)

    def ema_decay(self, at: Moment) -> float:
        """Decay of the weight average after a step, from 0 (no averaging) to 1."""
        return min(1 - (1 + at.step) ** -0.75, 0.998)

    def stage(self, step: int, progress: float) -> int:
        """Stage of a step, from 0, never decreasing; the end of a stage is logged and writes a checkpoint."""
        return 0

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        """Line of the log, written every `log_seconds` and at the end of a stage.

        Args:
            net: Averaged weights in evaluation mode.
            at: Last step.
            losses: Losses of the steps since the last line.
            seconds: Training time since the last line.
        """
        speed = len(losses) * self.batch_size / max(seconds, 1e-9)
        return f"step {at.step + 1}  {100 * at.progress:.0f} %  loss {np.mean(losses):.4f}  {speed:.1f} images/s"

    def stopped(self) -> bool:
        """Whether to end the training before its budget is used."""
        return False

    def signature(self) -> str:
        """Text that differs between recipes whose checkpoints are incompatible."""
        return type(self).__qualname__


class MeasuredRecipe(Recipe):
    """Recipe of a net with held-out figures."""

    @abc.abstractmethod
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Held-out figures of a net in evaluation mode; called in torch's inference mode."""


class PartRecipe(MeasuredRecipe):
    """Recipe of a part of the embedded models: declared config, shared renders, optional tuning of trained weights.

    Attributes:
        tuning_rate: Factor of the learning rate when trained weights are tuned.
        photographs: Whether the net may meet photographs: then it is trained on people of both looks.
        tuned_share: Share of the tuned weights in the result, the rest being those that the tuning began with: the mean
            of both often knows what each knows (Wortsman et al., "Robust fine-tuning", CVPR 2022).

    Args:
        part: Name of the part in configs/models.yaml.
        context: Device, renders and paths.
    """

    tuning_rate = 1.0
    tuned_share = 1.0
    photographs = False

    def __init__(self, part: str, context: TrainingContext) -> None:
        self.part, self.context = part, context
        # Rendered before the clock starts.
        self.data, self.held_out = self.renders(context), self.measured(context)
        self.config = context.config(part)
        self.input_size = int(self.config.pop("input_size", 0))  # 0 where the net takes any size
        if context.tune:
            self.rate = self.tuning_rate * self.rate

    def renders(self, context: TrainingContext) -> Renders:
        """The people that the net is trained on."""
        return context.everybody if self.photographs else context.renders

    def measured(self, context: TrainingContext) -> dict[str, RenderSet]:
        """The people that it is measured on, by the prefix of the names of their figures."""
        return context.held_out_looks if self.photographs else {"": context.held_out}

    def signature(self) -> str:
        """Name and config of the net, and whether it is tuned."""
        tuned = "tuned" if self.context.tune else "trained"
        return f"{super().signature()} {json.dumps(self.config)} {self.input_size} {tuned}"

    @abc.abstractmethod
    def build(self) -> nn.Module:
        """The net with fresh weights, drawn from torch's global seed."""

    def network(self) -> nn.Module:
        """The net with fresh weights, or with the trained ones in the tree if they are tuned."""
        net = self.build()
        if self.context.tune:
            net.load_state_dict(load_state(self.context.target(self.part)))
        return net

    @cached_property
    def generated(self) -> Image | None:
        """Generated counterparts of the first people at the input size, see `generated_images`."""
        renders = self.data.sets[0]
        return generated_images(self.context, renders, self.input_size or renders.rgb.shape[1])

    def draw(self, rng: np.random.Generator) -> Rows:
        """Sorted rows of the renders for a batch, with replacement."""
        return np.sort(rng.integers(0, len(self.data), self.batch_size))

    def draw_generated(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Image]:
        """Positions in a batch that take generated images, and these images; none without a trained generator.

        `rows` changes in place at these positions, to renders that have a generated counterpart.
        """
        if self.generated is None:
            return np.empty(0, np.int64), np.empty((0, 1, 1, 3), np.uint8)
        chosen = np.flatnonzero(rng.random(len(rows)) < GENERATED_SHARE)
        rows[chosen] %= len(self.generated)
        return chosen, self.generated[rows[chosen]]

    def finish(self, net: nn.Module) -> None:
        """Change trained weights in place before they are measured and written; nothing by default."""

    def outputs(self, net: nn.Module, images: Image, at_once: int = 50) -> Floats:
        """Outputs of a net for images (N, S, S, 3), given to it in -1..1, `at_once` per batch."""
        parts = batches(images, None, self.context.device, at_once=at_once)
        return np.concatenate([net(x).cpu().numpy() for x in parts])
