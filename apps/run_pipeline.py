"""`face-edit run-pipeline`: a folder of portraits through projection, edits and blends, with progress and a report."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pipeline.core.errors import BadInput
from pipeline.work import Observer

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.job import Job
    from pipeline.run import Outcome

EPILOG = """\
examples:
  face-edit run-pipeline portraits --output-dir run1
  face-edit run-pipeline --photos holiday --output-dir run1 --edits Bp_max --models ffhq-stylegan2
  face-edit run-pipeline --photos party --all-faces --output-dir run1 --edits Hc_1 --models ffhq-stylegan2
  face-edit run-pipeline portraits --output-dir run2 --edits Bp_max,Hc_0 --keep domain_mixup
  face-edit run-pipeline portraits --output-dir run2 --from segmentation --set steps.segmentation.margin=30

The portraits are square PNG or JPEG crops, with --photos photographs of any size; they are only read. Started again,
an interrupted run goes on where it was.
A sheet is a CSV file with the columns photo, edit and strength, such as `anna.png,Bp_max,0.5`.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every portrait is complete, 1 when some failed."""
    arguments = _parser().parse_args(argv)
    job = make_job(arguments)
    from pipeline.models import Models
    from pipeline.run import run

    models = Models(job.config.models, job.config.device)
    with Progress() as progress:
        outcome = run(job, models, progress)
    tell(outcome, progress.console)
    if job.edits == ():
        progress.console.print("No edit was asked for: every picture is as it was, pixel for pixel.", highlight=False)
    return 1 if outcome.failed else 0


def make_job(arguments: argparse.Namespace) -> "Job":
    """The job that the command line asks for; raises as `load_config` does, and BadInput for an unknown edit."""
    from pipeline.config import load_config
    from pipeline.job import NO_EDIT, Job, Photographs, identifier

    short = ("models", "device", "precision")
    sets = [f"{name}={value}" for name in short if (value := getattr(arguments, name)) is not None]
    words = None if arguments.edits is None else _words(arguments.edits)
    edits = None if words is None else () if words == [NO_EDIT] else tuple(dict.fromkeys(map(identifier, words)))
    if edits is not None and arguments.sheet is not None:
        raise BadInput("Give either --edits or --sheet: the sheet names the edits itself.")
    if arguments.latents is not None and not arguments.latents.is_dir():
        raise BadInput(f"There is no folder of latents {arguments.latents}.")
    if (arguments.input_dir is None) == (arguments.photos is None):
        raise BadInput("Name one folder: INPUT_DIR with aligned crops, or --photos DIR with photographs.")
    for option, value in (("--gps", arguments.gps), ("--face", arguments.face), ("--all-faces", arguments.all_faces)):
        if value not in (None, False) and arguments.photos is None:
            raise BadInput(f"{option} is about photographs: give it with --photos.")
    face = None if arguments.all_faces else 1 if arguments.face is None else arguments.face
    return Job(
        input_dir=arguments.photos or arguments.input_dir,
        photos=Photographs(arguments.gps, face) if arguments.photos else None,
        output_dir=arguments.output_dir,
        config=load_config(arguments.config, [*arguments.set, *sets]),
        edits=edits,
        sheet=arguments.sheet,
        latents=arguments.latents,
        keep=tuple(dict.fromkeys(name for words in arguments.keep for name in _words(words))),
        only=arguments.only,
        start=arguments.start,
    )


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


def _words(text: str) -> Sequence[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit run-pipeline",
        description="Edit every portrait of a folder: project, translate, blend.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input_dir", nargs="?", type=Path, metavar="INPUT_DIR", help="folder of square portrait crops")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="folder of photographs: align, edit, paste back")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--face", type=int, metavar="N", help="only face N of each photo (default: 1, the largest)")
    which.add_argument("--all-faces", action="store_true", help="every face of each photo")
    parser.add_argument("--gps", action="store_true", help="let edited photographs say where they were taken")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="RUN", help="folder of this run")
    add_settings(parser)
    parser.add_argument("--edits", metavar="LIST", help="only these, such as Bp_max,Hc_0, or none (default: all)")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="CSV with photo, edit, strength: just these edits")
    parser.add_argument("--latents", type=Path, metavar="DIR", help="latents NAME.npy to use instead of projecting")
    parser.add_argument(
        "--keep", action="append", default=[], metavar="STEP", help="keep images after STEP (or translation)"
    )
    parser.add_argument("--only", metavar="STEP", help="run just this step, on kept images of the one before it")
    parser.add_argument("--from", dest="start", metavar="STEP", help="run this step and the later ones, on kept images")
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that choose settings, shared with `face-edit demo`."""
    parser.add_argument("--models", metavar="SET", help="model set (default: demo)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file with other settings than the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--precision", help="float32, float16 or bfloat16")


if __name__ == "__main__":
    from apps.cli import run as run_command

    sys.exit(run_command(main))
