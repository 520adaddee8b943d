"""Recipe of a small parser: coarse and full epochs, focal loss, stepwise rate, early stopping, best epoch."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.progress import Progress
from pipeline.quality.metrics import confusion, intersection_over_union
from pipeline.training import loop
from pipeline.training.lapa.cache import Split
from pipeline.training.lapa.data import augmented, epoch_rows, plain_batches
from pipeline.training.lapa.nets import Parser, build
from pipeline.training.lapa.settings import Settings
from pipeline.training.recipe import Batch, Moment, Recipe
from postprocess.labels import LAPA

Opener = Callable[[str, int], Split]
History = list[dict[str, float]]


class LapaRecipe(Recipe):
    """One stage per epoch; at its end the net is validated, and kept if it is the best one at full size.

    Args:
        settings: Net, sizes and schedule.
        epochs: Largest number of epochs.
        open_split: Opens the split of a name ("train", "val") at a size.
        device: Device of the validation.
        progress: Receives the progress within an epoch.
        fresh: Whether to load the encoder weights named by the settings.
    """

    clip_norm = None
    autocast = True
    log_seconds = math.inf
    remedy = "lower --rate"
    memory: dict[str, Any]

    def __init__(
        self, settings: Settings, epochs: int, open_split: Opener, device: torch.device, progress: Progress, fresh: bool
    ) -> None:
        self.settings, self.device, self.progress, self.fresh = settings, device, progress, fresh
        sizes = sorted({settings.size_of(epoch) for epoch in range(epochs)})
        self.splits = {(name, size): open_split(name, size) for name in ("train", "val") for size in sizes}
        self.count = len(self.splits["train", sizes[0]])
        self.steps = max(self.count // settings.batch_size, 1)  # of an epoch
        self.memory = {"history": [], "best": {}, "confusion": _no_pixels()}

    def network(self) -> nn.Module:
        """The net of the settings: RGB in 0..1 to logits (B, 11, H, W)."""
        return build(self.settings, self.fresh)

    def optimisers(self, net: nn.Module) -> list[torch.optim.Optimizer]:
        """Adam."""
        return [torch.optim.Adam(net.parameters())]

    def learning_rate(self, at: Moment) -> float:
        """Learning rate, multiplied by `decay` after every `decay_every` epochs."""
        return self.settings.rate * self.settings.decay ** (at.stage // self.settings.decay_every)

    def ema_decay(self, at: Moment) -> float:
        """No averaging: the best epoch is chosen instead."""
        return 0.0

    def stage(self, step: int, progress: float) -> int:
        """Epoch, counted from 0."""
        return step // self.steps

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, H, W) in 0..1 and classes uint8 (B, H, W) at the size of the epoch."""
        settings = self.settings
        split = self.splits["train", settings.size_of(at.stage)]
        order = np.random.default_rng((settings.seed, at.stage))
        rows = epoch_rows(self.count, settings.batch_size, order)[at.step - at.stage_start]
        return augmented(split.rgb[rows], split.labels[rows], rng)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Focal loss; also adds to the confusion matrix of the epoch."""
        loss, found = focal_loss(net, batch, self.settings.gamma)
        self.memory["confusion"] += torch.from_numpy(found)
        self.progress.step(f"epoch {at.stage + 1}", at.step - at.stage_start + 1, self.steps)
        return loss

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        """Loss and mIoU of the epoch and on the validation split; also adds a row to the history."""
        started, size = time.monotonic(), self.settings.size_of(at.stage)
        val_loss, val_total = evaluate(net, self.splits["val", size], self.settings, self.device)
        row = {
            "epoch": at.stage + 1,
            "size": size,
            "rate": self.learning_rate(at),
            "train_loss": float(np.mean(losses)),
            "val_loss": val_loss,
            "train_miou": miou(self.memory["confusion"].numpy()),
            "val_miou": miou(val_total),
            "seconds": seconds + time.monotonic() - started,
        }
        history = self.memory["history"]
        history.append(row)
        if size == self.settings.size and row["val_miou"] >= max(_scores(history, self.settings)):
            self.memory["best"] = {key: value.detach().clone() for key, value in net.state_dict().items()}
        self.memory["confusion"] = _no_pixels()
        return (
            f"epoch {row['epoch']}  {size} px  rate {row['rate']:g}  loss {row['train_loss']:.4f}, "
            f"validation {val_loss:.4f}  mIoU {row['train_miou']:.4f}, validation {row['val_miou']:.4f}  "
            f"{row['seconds']:.0f} s"
        )

    def stopped(self) -> bool:
        """Whether the patience of the settings is exhausted."""
        return stopped(self.memory["history"], self.settings)

    def signature(self) -> str:
        """The settings as JSON."""
        return json.dumps(asdict(self.settings))


def fit(
    settings: Settings,
    epochs: int,
    open_split: Opener,
    checkpoint: Path,
    device: torch.device,
    progress: Progress,
    log: Callable[[str], None],
) -> tuple[Parser, History]:
    """Train for at most `epochs` epochs, resuming the checkpoint if it exists; see `LapaRecipe` for the arguments.

    Returns:
        The net of the best validation mIoU at full size, in evaluation mode, and a row of figures per epoch.

    Raises:
        BadInput: The checkpoint belongs to other settings, or the loss is not finite.
    """
    recipe = LapaRecipe(settings, epochs, open_split, device, progress, fresh=not checkpoint.exists())
    budget = loop.Budget(steps=epochs * recipe.steps)
    net = loop.fit(recipe, checkpoint, budget, device, seed=settings.seed, log=log).net
    if recipe.memory["best"]:
        net.load_state_dict(recipe.memory["best"])
    return cast("Parser", net), recipe.memory["history"]


def stopped(history: History, settings: Settings) -> bool:
    """Whether the validation mIoU has not improved in the last `patience` epochs at full size."""
    scores = _scores(history, settings)
    return bool(scores) and len(scores) - 1 - int(np.argmax(scores)) >= settings.patience


def _scores(history: History, settings: Settings) -> list[float]:
    return [row["val_miou"] for row in history[settings.coarse_epochs :]]


def _no_pixels() -> Tensor:
    return torch.zeros(len(LAPA), len(LAPA), dtype=torch.int64)


def miou(total: np.ndarray) -> float:
    """Mean IoU of the classes that occur in a confusion matrix (11, 11)."""
    return float(np.nanmean(intersection_over_union(total)))


def focal_loss(net: nn.Module, batch: Batch, gamma: float) -> tuple[Tensor, np.ndarray]:
    """Focal loss of a batch on the net's device, summed over the classes, and its confusion matrix (11, 11)."""
    x, y = batch[0].contiguous(memory_format=torch.channels_last), batch[1].long()
    logits = net(x).float()
    truth = F.one_hot(y, len(LAPA)).movedim(-1, 1).to(logits)
    # The "multilabel" mode averages over all classes at once, hence the factor; "multiclass" loops over them.
    loss = len(LAPA) * smp.losses.FocalLoss("multilabel", gamma=gamma)(logits.contiguous(), truth.contiguous())
    guess = logits.detach().argmax(1).to(torch.uint8)
    return loss, confusion(batch[1].cpu().numpy(), guess.cpu().numpy(), len(LAPA))


@torch.no_grad()
def measure(net: nn.Module, batches: Iterable[Batch], gamma: float, device: torch.device) -> tuple[float, np.ndarray]:
    """Mean loss and confusion matrix (11, 11) of a net in evaluation mode over batches."""
    each = [focal_loss(net, tuple(tensor.to(device) for tensor in batch), gamma) for batch in batches]
    return float(np.mean([float(loss) for loss, _ in each])), np.sum([found for _, found in each], axis=0)


def evaluate(net: nn.Module, split: Split, settings: Settings, device: torch.device) -> tuple[float, np.ndarray]:
    """Mean loss and confusion matrix (11, 11) of a net in evaluation mode on a split without augmentation."""
    return measure(net, plain_batches(split, min(settings.batch_size, 16)), settings.gamma, device)
