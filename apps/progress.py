"""Progress bars: for commands whose work reports (what, done, total), and for downloads."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.download import Listener


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
