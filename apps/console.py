"""Shared by all commands: exit codes, progress on the terminal, the parser of a command and common options."""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.files import address_of, cache_folder
from pipeline.core.names import counted
from pipeline.core.progress import Progress

if TYPE_CHECKING:
    from pipeline.batch.ray_engine import Cluster
    from pipeline.config import RunConfig
    from pipeline.run.runner import RunOutcome

INTERRUPTED = 130
DEVICES = "auto, cpu, cuda, cuda:N or mps"
STEP_WIDTH = 32
"""Characters of a step's name beside the bar, at most."""


def run(command: Callable[[list[str]], int], argv: Sequence[str] | None = None) -> int:
    """Exit code of `command(argv)`; errors meant for the user are printed as one line."""
    # Raised by libraries; users cannot act on it.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=FutureWarning)
    warnings.filterwarnings("always", category=UserWarning, module=r"PIL\.")  # not only for the first photo
    warnings.showwarning = _Warnings(warnings.showwarning)  # type: ignore[assignment]
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
        print("face-edit: interrupted: finished results are kept, start again to continue.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`): without this, Python prints an error when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _Warnings:
    """Prints a warning that comes up while a photo is read as one line that names it, once; leaves others as they are.

    Args:
        others: What prints other warnings.
    """

    def __init__(self, others: Callable[..., None]) -> None:
        self._others = others
        self._told: set[str] = set()

    def __call__(self, message: Warning | str, *details: Any) -> None:
        from pipeline.core.images import READING

        photo = READING.get()
        if photo is None:
            self._others(message, *details)
            return
        text = " ".join(str(message).split())
        line = f"face-edit: {text if str(photo) in text else f'{photo}: {text}'}"
        if line not in self._told:
            self._told.add(line)
            print(line, file=sys.stderr)


class ConsoleProgress(Progress, AbstractContextManager["ConsoleProgress"]):
    """Bar with the time left where stderr is a terminal; notes and warnings are printed in any case.

    Args:
        items: Noun, such as "portrait"; without a terminal each finished item prints a line.
        transfer: Items are bytes: the bar shows sizes and speed.
    """

    def __init__(self, items: str = "", transfer: bool = False) -> None:
        from rich import progress as rich
        from rich.console import Console

        self.console = Console(stderr=True)
        counts: tuple[rich.ProgressColumn, ...] = (rich.MofNCompleteColumn(), rich.TextColumn("{task.fields[rate]}"))
        if transfer:
            counts = (rich.DownloadColumn(), rich.TransferSpeedColumn())
        columns = (rich.TextColumn("{task.description}", markup=False), rich.BarColumn(), *counts)
        hidden = not self.console.is_terminal
        self._bar = rich.Progress(
            *columns, rich.TimeRemainingColumn(), console=self.console, transient=not items, disable=hidden
        )
        self._task = self._bar.add_task("loading" if items else "", total=None, rate="", visible=not transfer)
        self._items = items
        self._total: float | None = None
        self._done = 0.0
        self._lines = self._images = 0

    def __enter__(self) -> "ConsoleProgress":
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def start(self, total: float | None, done: float = 0) -> None:
        self._total, self._done, self._lines, self._images = total, done, int(done), 0
        if done and self._items:
            self.note(f"{done:g} of {counted(round(total or 0), self._items)} complete already")
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
            made = f", {counted(self._images, 'new image')}" if self._images else ""
            self.note(f"{self._lines} of {counted(round(self._total or 0), self._items)}{made}")

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        if self._total is None and total:
            self._bar.update(self._task, description=text, completed=done, total=total, visible=True)
            return
        text = f"{text} {done}/{total}" if total else text
        self._bar.update(self._task, description=text if len(text) <= STEP_WIDTH else f"{text[: STEP_WIDTH - 1]}…")

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        self._print_marked("[yellow]careful[/]", text)

    def fail(self, name: str, error: str) -> None:
        """Print why an item failed, on one line: names of files may hold line breaks."""
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
        self._print_marked("[red]failed[/]", f"{shown}: {error}")

    def _print_marked(self, mark: str, text: str) -> None:
        from rich.markup import escape

        self.console.print(f"{mark} {escape(text)}", highlight=False, soft_wrap=True)


def tell_outcome(outcome: "RunOutcome", progress: ConsoleProgress) -> None:
    """Print the failed portraits, the counts of a run and the places of its results."""
    for name, error in sorted(outcome.failed.items()):
        progress.fail(name, error)
    before = f", {outcome.before} of them before" if outcome.before else ""
    progress.note(
        f"{outcome.total - len(outcome.failed)} of {counted(outcome.total, 'portrait')} complete{before}; "
        f"{counted(outcome.images, 'image')} in {outcome.seconds:.0f} s"
    )
    for label, path in (
        ("photographs", outcome.photos),
        ("images", outcome.folder),
        ("contact sheet", outcome.sheet),
        ("report", outcome.report),
    ):
        if path is not None:
            progress.note(f"  {label:<14}{path}")


def command_parser(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """Parser of `face-edit NAME`; description and an epilog of several lines keep their line breaks."""
    formatter = argparse.RawDescriptionHelpFormatter if "\n" in epilog else argparse.HelpFormatter
    return argparse.ArgumentParser(
        prog=f"face-edit {name}", description=description, epilog=epilog, formatter_class=formatter
    )


def add_output_dir(parser: argparse.ArgumentParser, contents: str = "results") -> None:
    """Add the required --output-dir."""
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help=f"folder for the {contents}")


def add_gps(parser: argparse.ArgumentParser, photo: str = "a photo") -> None:
    """Add --gps: without it, written photographs lose their position."""
    parser.add_argument("--gps", action="store_true", help=f"let the results say where {photo} was taken")


def add_faces(parser: argparse.ArgumentParser, default: str = "the largest") -> None:
    """Add --face and --all-faces; `default` says in words which faces are taken without them."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--face", type=int, metavar="N", help=f"only face N of each photo, 1 = the largest (default: {default})"
    )
    which.add_argument("--all-faces", action="store_true", help="every face of each photo")


def add_device(parser: argparse.ArgumentParser, devices: str = "auto, cpu, cuda or mps") -> None:
    """Add --device."""
    parser.add_argument("--device", default="auto", help=f"{devices} (default: %(default)s)")


def add_backend(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add --backend."""
    text = "what runs the nets on the processor: torch, openvino, onnxruntime or auto (default: torch)"
    parser.add_argument("--backend", default=default, metavar="NAME", help=text)


def add_cache_dir(parser: argparse.ArgumentParser, option: str, name: str, contents: str) -> None:
    """Add an option for a folder, by default the folder `name` in the user's cache."""
    text = f"folder of {contents} (default: %(default)s)"
    parser.add_argument(option, type=Path, default=cache_folder(name), help=text)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the settings of a run."""
    parser.add_argument("--models", metavar="SET", help="model set (default: demo)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file with other settings than the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    parser.add_argument("--device", help=DEVICES)
    parser.add_argument("--precision", help="float32, float16 or bfloat16")
    add_backend(parser)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose where the items are processed."""
    add = parser.add_argument_group("more machines").add_argument
    add("--engine", choices=("local", "ray"), default="local", help="ray: spread over the workers of a Ray cluster")
    add("--address", help="address of the cluster's head, or auto (default: start Ray on this machine)")
    add("--workers", type=int, metavar="N", help="workers (default: as many as fit)")
    add("--worker-threads", type=int, metavar="N", help="cores of each worker (default: 1)")
    add("--worker-gpus", type=float, metavar="F", help="GPUs of each worker, such as 0.25 (default: 0)")


@contextmanager
def at_hand(arguments: argparse.Namespace, *inputs: str) -> Iterator[None]:
    """Replace addresses among the options `inputs` and --output-dir by their copies on this machine for a block.

    What the block writes is published; `arguments.mirrors` are those of `chosen_cluster`.
    """
    given = [place for name in inputs for place in _listed(getattr(arguments, name))]
    results = address_of(arguments.output_dir)
    if results is None and not any(map(address_of, given)):
        arguments.mirrors = ()
        yield
        return
    from pipeline.batch.mirror import copies

    cache = cache_folder("mirrors")
    with ExitStack() as held:
        with ConsoleProgress("photo") as progress:
            here, output, arguments.mirrors = held.enter_context(copies(given, arguments.output_dir, cache, progress))
        places = dict(zip(given, here, strict=True))
        for name in inputs:
            value = getattr(arguments, name)
            setattr(arguments, name, [places[one] for one in value] if isinstance(value, list) else places.get(value))
        arguments.output_dir = output
        yield
    if results is not None:
        print(f"The results are at {results}.")


def _listed(value: Path | list[Path] | None) -> list[Path]:
    return value if isinstance(value, list) else [value] if value is not None else []


def chosen_cluster(arguments: argparse.Namespace) -> "Cluster | None":
    """Cluster from the options of `add_engine`; None: this process. Raises BadInput as `Cluster`."""
    given = {
        "address": arguments.address,
        "workers": arguments.workers,
        "threads": arguments.worker_threads,
        "gpus": arguments.worker_gpus,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.engine == "ray":
        from pipeline.batch.ray_engine import Cluster

        return Cluster(**given, mirrors=arguments.mirrors)
    if given:
        raise BadInput("--address and the options of workers apply to a cluster: add --engine ray.")
    return None


def chosen_settings(arguments: argparse.Namespace) -> "RunConfig":
    """Configuration from the options of `add_settings`; raises as `load_config`, and BadInput without a generator."""
    from pipeline.config import load_config
    from pipeline.core.model_sets import model_set

    short = ("models", "device", "precision", "backend")
    sets = [f"{name}={value}" for name in short if (value := getattr(arguments, name)) is not None]
    config = load_config(arguments.config, [*arguments.set, *sets])
    if "generator" not in model_set(config.models).files:
        raise BadInput(f"The model set {config.models} has no generator: choose one that has, such as demo.")
    return config
