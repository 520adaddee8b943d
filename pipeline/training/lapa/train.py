"""Training of a parser on a folder in the layout of LaPa: weights, and report on the test split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from pipeline.core.progress import Progress
from pipeline.training.lapa.cache import Split, open_split
from pipeline.training.lapa.fit import evaluate, fit
from pipeline.training.lapa.report import figures_of, write_report
from pipeline.training.lapa.settings import Settings
from pipeline.training.lapa.store import save_parser

CHECKPOINT = "checkpoint.pt"


def train_parser(
    data: Path,
    output: Path,
    cache: Path,
    settings: Settings,
    epochs: int,
    device: torch.device,
    progress: Progress,
    log: Callable[[str], None],
) -> dict[str, float]:
    """Train a parser and write it with its report.

    Args:
        data: Folder with {train,val,test}/{images/*.jpg,labels/*.png}.
        output: Folder of checkpoint, parser and report.
        cache: Folder of the shrunk images.
        settings: Net, sizes and schedule.
        epochs: Largest number of epochs, earlier starts included.
        device: Device of the net.
        progress: Receives the progress.
        log: Receives a line per epoch.

    Returns:
        IoU on the test split by class, and their mean.

    Raises:
        BadInput: The data cannot be read, the checkpoint belongs to other settings, or the loss is not finite.
    """

    def split(name: str, size: int) -> Split:
        return open_split(data / name, size, cache, progress)

    test = split("test", settings.size)  # opened first, so that its errors show before the training
    net, history = fit(settings, epochs, split, output / CHECKPOINT, device, progress, log)
    _, total = evaluate(net, test, settings, device)
    figures = figures_of(total)
    save_parser(output, net, settings, figures)
    write_report(output, history, total, figures)
    return figures
