"""The training of a parser, epoch by epoch: focal loss, Adam in steps, early stopping, and an exact resume.

An epoch draws everything that is random from its own number, so a run that was killed and resumed gives the same
weights as one that was not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.errors import BadInput
from pipeline.quality.metrics import confusion, intersection_over_union
from pipeline.training.lapa.cache import Split
from pipeline.training.lapa.data import Batch, epoch_batches, plain_batches
from pipeline.training.lapa.nets import Parser, build
from pipeline.training.lapa.settings import Settings
from pipeline.training.loop import load_checkpoint, save_checkpoint
from postprocess.labels import LAPA

Opener = Callable[[str, int], Split]
Move = Callable[[str, int, int], None]
History = list[dict[str, float]]


def fit(
    settings: Settings,
    epochs: int,
    open_split: Opener,
    checkpoint: Path,
    device: torch.device,
    move: Move,
    log: Callable[[str], None],
) -> tuple[Parser, History]:
    """Train for at most `epochs` epochs; returns the net of the best validation mIoU, in evaluation mode, and a row of
    figures for each epoch.

    open_split: the split of a name ("train", "val") at a size · move: told of the progress within an epoch.
    Continues from `checkpoint`, which is written after each epoch; a later run may ask for more epochs. Coarse epochs
    do not compete for the best. Raises BadInput when the checkpoint belongs to other settings or the loss diverges.
    """
    signature = json.dumps(asdict(settings))
    saved = load_checkpoint(checkpoint, signature, device)
    torch.manual_seed(settings.seed)
    net = build(settings, fresh=saved is None).to(device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(net.parameters(), settings.rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, settings.decay_every, settings.decay)
    history: History = []
    best: dict[str, Tensor] = {}
    if saved is not None:
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        history, best = list(saved["history"]), saved["best"]
        log(f"going on after epoch {len(history)}")
    for epoch in range(len(history), epochs):
        if stopped(history, settings):
            break
        size, started = settings.size_of(epoch), time.monotonic()
        torch.manual_seed(settings.seed + epoch)
        rng = np.random.default_rng((settings.seed, epoch))
        train = open_split("train", size)
        batches = epoch_batches(train, settings.batch_size, rng)
        tell = partial(_tell, move, f"epoch {epoch + 1}", max(len(train) // settings.batch_size, 1))
        rate = float(optimiser.param_groups[0]["lr"])
        loss, total = run(net, batches, settings.gamma, device, tell, optimiser)
        val_loss, val_total = evaluate(net, open_split("val", size), settings, device)
        schedule.step()
        row = {
            "epoch": epoch + 1,
            "size": size,
            "rate": rate,
            "train_loss": loss,
            "val_loss": val_loss,
            "train_miou": miou(total),
            "val_miou": miou(val_total),
            "seconds": time.monotonic() - started,
        }
        history.append(row)
        if size == settings.size and row["val_miou"] >= max(_scores(history, settings)):
            best = {key: value.detach().clone() for key, value in net.state_dict().items()}
        state: dict[str, Any] = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "best": best}
        state |= {"schedule": schedule.state_dict(), "history": history, "signature": signature}
        save_checkpoint(checkpoint, state)
        log(
            f"epoch {epoch + 1}  {size} px  rate {rate:g}  loss {loss:.4f}, validation {val_loss:.4f}  "
            f"mIoU {row['train_miou']:.4f}, validation {row['val_miou']:.4f}  {row['seconds']:.0f} s"
        )
    if best:
        net.load_state_dict(best)
    return net.eval().requires_grad_(False), history


def stopped(history: History, settings: Settings) -> bool:
    """Whether the last `patience` epochs at full size brought no better validation mIoU."""
    scores = _scores(history, settings)
    return bool(scores) and len(scores) - 1 - int(np.argmax(scores)) >= settings.patience


def _tell(move: Move, what: str, total: int, done: int) -> None:
    move(what, done, total)


def _scores(history: History, settings: Settings) -> list[float]:
    return [row["val_miou"] for row in history[settings.coarse_epochs :]]


def miou(total: np.ndarray) -> float:
    """Mean IoU of the classes that occur in a confusion matrix (11, 11)."""
    return float(np.nanmean(intersection_over_union(total)))


def run(
    net: nn.Module,
    batches: Any,
    gamma: float,
    device: torch.device,
    move: Callable[[int], None],
    optimiser: torch.optim.Optimizer | None = None,
) -> tuple[float, np.ndarray]:
    """Mean loss and confusion matrix (11, 11) over the batches; a step for each where there is an optimiser."""
    # All classes at once, and their losses summed; its "multiclass" mode takes them one by one, to the mean.
    criterion = smp.losses.FocalLoss("multilabel", gamma=gamma)
    losses: list[float] = []
    total = np.zeros((len(LAPA), len(LAPA)), np.int64)
    net.train(optimiser is not None)
    batch: Batch
    for batch in batches:
        x = batch[0].to(device).contiguous(memory_format=torch.channels_last)
        y = batch[1].to(device).long()
        with torch.set_grad_enabled(optimiser is not None):
            logits = net(x)
            truth = F.one_hot(y, len(LAPA)).movedim(-1, 1).to(logits)
            loss = len(LAPA) * criterion(logits.contiguous(), truth.contiguous())
        losses.append(float(loss.detach()))
        if not np.isfinite(losses[-1]):
            raise BadInput("The training diverged (the loss is not finite): lower --rate.")
        if optimiser is not None:
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        total += confusion(batch[1].numpy(), logits.detach().argmax(1).to(torch.uint8).cpu().numpy(), len(LAPA))
        move(len(losses))
    return float(np.mean(losses)), total


def evaluate(net: nn.Module, split: Split, settings: Settings, device: torch.device) -> tuple[float, np.ndarray]:
    """Mean loss and confusion matrix (11, 11) of a net on a split as it is."""
    batches = plain_batches(split, min(settings.batch_size, 16))
    return run(net, batches, settings.gamma, device, lambda _: None)
