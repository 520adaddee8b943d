"""What all commands share: the exit code of errors, progress on the terminal, options that choose settings."""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pipeline.core.errors import FaceEditError
from pipeline.core.progress import Progress

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.run.runner import RunOutcome

INTERRUPTED = 130
NARROW = 32
"""Most characters of a step's name beside the bar."""


def run(command: Callable[[list[str]], int], argv: Sequence[str] | None = None) -> int:
    """Exit code of `command(argv)`, errors meant for the user printed as one line; also for modules run as scripts."""
    # A warning of libraries that users cannot act on.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=FutureWarning)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names of files may hold what the terminal's encoding cannot write
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except FaceEditError as error:
        print(f"face-edit: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("face-edit: interrupted; what is finished stays, start again to continue.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has left (`| head`): without this, Python complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class ConsoleProgress(Progress, AbstractContextManager["ConsoleProgress"]):
    """A bar on stderr with the time left, where that is a terminal; notes and warnings are printed in any case.

    Args:
        items: Plural of an item, such as "portraits": each finished one is a line where there is no bar.
        transfer: Items are bytes: the bar shows sizes and speed.
    """

    def __init__(self, items: str = "", transfer: bool = False) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bar

        self.console = Console(stderr=True)
        counts = (
            (DownloadColumn(), TransferSpeedColumn())
            if transfer
            else (MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        )
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *counts,
            TimeRemainingColumn(),
            console=self.console,
            transient=not items,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("loading" if items else "", total=None, rate="", visible=not transfer)
        self._items = items
        self._total: float | None = None
        self._done = 0.0
        self._lines = self._images = 0

    def __enter__(self) -> "ConsoleProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def start(self, total: float | None, done: float = 0) -> None:
        self._total, self._done, self._lines, self._images = total, done, int(done), 0
        if done and self._items:
            self.note(f"{done:g} of {total:g} {self._items} are complete already")
        # Reset: items of an earlier start must not count as speed.
        self._bar.reset(self._task, total=total, completed=int(done), visible=True)

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        self._done += items
        self._images += images
        elapsed = max(self._bar.tasks[0].elapsed or 0.0, 1e-3)
        rate = f"{self._images / elapsed:.1f} images/s" if self._images else ""
        self._bar.update(self._task, completed=round(self._done, 2), rate=rate)
        if self._items and not self.console.is_terminal and round(self._done, 6) >= self._lines + 1:
            self._lines = int(round(self._done, 6))
            made = f", {self._images} new images" if self._images else ""
            self.note(f"{self._lines} of {self._total:g} {self._items}{made}")

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        if self._total is None and total:
            self._bar.update(self._task, description=text, completed=done, total=total, visible=True)
            return
        text = f"{text} {done}/{total}" if total else text
        self._bar.update(self._task, description=text if len(text) <= NARROW else f"{text[: NARROW - 1]}…")

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        from rich.markup import escape

        self.console.print(f"[yellow]careful[/] {escape(text)}", highlight=False, soft_wrap=True)

    def fail(self, name: str, error: str) -> None:
        """Print why an item failed."""
        from rich.markup import escape

        self.console.print(f"[red]failed[/] {escape(f'{name}: {error}')}", highlight=False, soft_wrap=True)


def tell_outcome(outcome: "RunOutcome", progress: ConsoleProgress) -> None:
    """Say what a run did, what failed and where to look."""
    for name, error in sorted(outcome.failed.items()):
        progress.fail(name, error)
    before = f", {outcome.before} of them before" if outcome.before else ""
    progress.note(
        f"{outcome.total - len(outcome.failed)} of {outcome.total} portraits complete{before}; "
        f"{outcome.images} images in {outcome.seconds:.0f} s"
    )
    for label, path in (
        ("photographs", outcome.photos),
        ("images", outcome.folder),
        ("contact sheet", outcome.sheet),
        ("report", outcome.report),
    ):
        if path is not None:
            progress.note(f"  {label:<14}{path}")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose settings."""
    parser.add_argument("--models", metavar="SET", help="model set (default: demo)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file with other settings than the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--precision", help="float32, float16 or bfloat16")


def chosen_settings(arguments: argparse.Namespace) -> "RunConfig":
    """The configuration that the options of `add_settings` choose; raises as `load_config`."""
    from pipeline.config import load_config

    short = ("models", "device", "precision")
    sets = [f"{name}={value}" for name in short if (value := getattr(arguments, name)) is not None]
    return load_config(arguments.config, [*arguments.set, *sets])
