"""A parser from a folder in the layout of LaPa: training, figures on the test split, and files."""

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
        cache: Folder of the shrunk pictures.
        settings: Net, sizes and schedule.
        epochs: Largest number of epochs, earlier starts included.
        device: Where the net is trained.
        progress: Told what is being done.
        log: Receives a line for each epoch.

    Returns:
        IoU on the test split by class, and their mean.

    Raises:
        BadInput: The data cannot be used, the checkpoint is one of other settings, or the loss diverges.
    """

    def split(name: str, size: int) -> Split:
        return open_split(data / name, size, cache, progress)

    test = split("test", settings.size)  # what is wrong with it is told before the training, not after
    net, history = fit(settings, epochs, split, output / CHECKPOINT, device, progress, log)
    _, total = evaluate(net, test, settings, device)
    figures = figures_of(total)
    save_parser(output, net, settings, figures)
    write_report(output, history, total, figures)
    return figures
