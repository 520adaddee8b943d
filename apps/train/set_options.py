"""What the commands share that train a net of a model set of the user's own: options, their checks, the figures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import add_cache_dir, add_device
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.models import Models
    from pipeline.training.loop import Budget


def add_budget(parser: argparse.ArgumentParser, minutes: float) -> None:
    """Add --minutes, with a default where no --steps are given, and --steps."""
    add = parser.add_argument
    add("--minutes", type=float, help=f"wall time, earlier starts included (default: {minutes:g} without --steps)")
    add("--steps", type=int, help="steps, earlier starts included: a reproducible end, unlike minutes")


def add_batches(parser: argparse.ArgumentParser, batch_size: int, rate: float, seed: str) -> None:
    """Add --batch-size, --rate, --seed (of what `seed` says), --work-dir and --device."""
    add = parser.add_argument
    add("--batch-size", type=int, default=batch_size, help="images of a step (default: %(default)s)")
    add("--rate", type=float, default=rate, help="peak learning rate (default: %(default)s)")
    add("--seed", type=int, default=0, help=f"{seed} (default: %(default)s)")
    add_cache_dir(parser, "--work-dir", "train", "checkpoints")
    add_device(parser)


def check(arguments: argparse.Namespace, *others: str) -> None:
    """Raise BadInput for a number out of range among those options and the `others`, which have to be positive."""
    for name in (*others, "batch_size", "rate", "minutes", "steps"):
        value = getattr(arguments, name)
        if value is not None and not 0 < value < float("inf"):
            raise BadInput(f"--{name.replace('_', '-')} has to be more than 0.")
    if not 0 <= arguments.seed < 2**32:
        raise BadInput("--seed has to be from 0 to 4294967295.")


def chosen_budget(arguments: argparse.Namespace, minutes: float) -> Budget:
    """Budget from the options of `add_budget`."""
    from pipeline.training.loop import Budget

    given = arguments.minutes is not None or arguments.steps is not None
    return Budget(arguments.minutes if given else minutes, arguments.steps)


def checkpoint_path(arguments: argparse.Namespace, models: Models, role: str) -> Path:
    """Checkpoint of a role's training for a set, in --work-dir."""
    folder: Path = arguments.work_dir.expanduser()
    return folder / f"{models.set.space or models.set.name}-{role}.pt"


def show(console: Console, figures: Mapping[str, float]) -> None:
    """Print held-out figures, a line each."""
    for name, value in figures.items():
        console.print(f"  {name:28s} {value:8.4f}")
