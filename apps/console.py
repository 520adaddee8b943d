"""Progress bars: for commands whose work reports (what, done, total), and for downloads."""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pipeline.core.errors import FaceEditError
from pipeline.core.progress import Observer
from pipeline.downloads.client import Listener

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.run.runner import Outcome


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, where that is a terminal; yields the function that moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=None)

        def move(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield move


@contextmanager
def download_bar() -> Iterator[Listener]:
    """A bar with speed and time left on stderr, where that is a terminal; notes are printed there in any case."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=None, visible=False)

        class Bar(Listener):
            def begin(self, name: str, done: int, total: int | None) -> None:
                # What an earlier run fetched must not count as speed.
                progress.reset(task, description=name, completed=done, total=total, visible=True)

            def advance(self, count: int) -> None:
                progress.advance(task, count)

            def note(self, text: str) -> None:
                progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

        yield Bar()


def tell(outcome: "Outcome", console: "Console") -> None:
    """Say what was done, what went wrong and where to look."""
    from rich.markup import escape

    for name, error in sorted(outcome.failed.items()):
        console.print(f"[red]failed[/] {escape(f'{name}: {error}')}", highlight=False, soft_wrap=True)
    done = outcome.portraits - len(outcome.failed)
    before = f", {outcome.resumed} of them before" if outcome.resumed else ""
    console.print(
        f"{done} of {outcome.portraits} portraits complete{before}; {outcome.images} images in {outcome.seconds:.0f} s",
        highlight=False,
    )
    for label, path in (
        ("photographs", outcome.photos),
        ("images", outcome.folder),
        ("contact sheet", outcome.sheet),
        ("report", outcome.report),
    ):
        if path is not None:
            console.print(f"  {label:<14}{path}", highlight=False, soft_wrap=True)


class Progress(Observer, AbstractContextManager["Progress"]):
    """A bar with images per second and the time left; plain lines where the output is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self.console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("loading", total=None, rate="")
        self._portraits = self._done = self._images = self._finished = 0
        self._rendered = 0.0  # portraits, counting parts

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def start(self, portraits: int, done: int) -> None:
        self._portraits, self._done = portraits, done
        if done:
            self.console.print(f"{done} of {portraits} portraits are complete already", highlight=False)
        self._bar.update(self._task, total=portraits, completed=done)

    def phase(self, text: str) -> None:
        self._bar.update(self._task, description=text if len(text) <= 32 else text[:31] + "…")

    def edits(self, count: int, share: float) -> None:
        self._images += count
        self._rendered += share
        speed = self._images / max(self._bar.tasks[0].elapsed or 0.0, 1e-3)
        self._bar.update(self._task, completed=round(self._done + self._rendered, 2), rate=f"{speed:.1f} images/s")

    def portrait(self) -> None:
        self._finished += 1
        if not self.console.is_terminal:
            done = self._done + self._finished
            self.console.print(f"{done} of {self._portraits} portraits, {self._images} new images", highlight=False)

    def warn(self, text: str) -> None:
        from rich.markup import escape

        self.console.print(f"[yellow]careful[/] {escape(text)}", highlight=False, soft_wrap=True)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that choose settings, shared with `face-edit demo`."""
    parser.add_argument("--models", metavar="SET", help="model set (default: demo)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file with other settings than the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--precision", help="float32, float16 or bfloat16")


INTERRUPTED = 130


def run(command: Callable[[list[str]], int], argv: Sequence[str] | None = None) -> int:
    """Exit code of `command(argv)`, errors meant for the user printed as one line; also for modules run as scripts."""
    # What libraries still do inside; nobody who edits portraits can change it.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=FutureWarning)
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
