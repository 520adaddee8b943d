"""`face-edit demo`: everything this project does, on portraits rendered on the spot, in a few minutes without a GPU."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, tell_outcome
from pipeline.core.errors import BadInput
from pipeline.world.samples import render_portraits

if TYPE_CHECKING:
    pass

EPILOG = """\
example:
  face-edit demo --output-dir demo

renders portraits that the embedded nets have never seen, finds their latents, makes every change that makes sense for
each of them, blends it so that nothing else changes, and shows the results in contact_sheet.png and report.html.
"""
MOST = 64


def main(argv: list[str]) -> int:
    """Run the command; 0 when every portrait is complete."""
    arguments = _parser().parse_args(argv)
    if not 1 <= arguments.portraits <= MOST:
        raise BadInput(f"--portraits {arguments.portraits} is out of range: choose 1 to {MOST}.")
    from pipeline.config import load_config
    from pipeline.models import Models
    from pipeline.run.job import Job
    from pipeline.run.runner import run

    output = arguments.output_dir
    photos = output / "portraits"
    config = load_config(None, arguments.set)
    models = Models(config.models, config.device, config.detector)
    with ConsoleProgress("portraits") as progress:
        progress.step("rendering portraits")
        render_portraits(photos, arguments.portraits)
        outcome = run(Job(photos, output, config), models, progress)
    tell_outcome(outcome, progress)
    _goodbye(progress, output)
    return outcome.exit_code


def _goodbye(progress: ConsoleProgress, output: Path) -> None:
    progress.note(
        f"Open {output / 'report.html'} in a browser. Now try your own choice of edits:\n"
        f"  face-edit run-pipeline {output / 'portraits'} --output-dir run1 --edits Bp_max,Hc_1"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit demo",
        description="Edit sample portraits with the embedded models and show the result.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output-dir", type=Path, default=Path("demo"), metavar="DIR", help="default: demo")
    parser.add_argument("--portraits", type=int, default=8, metavar="N", help="how many portraits (default: 8)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    return parser


if __name__ == "__main__":
    from apps.console import run as run_command

    sys.exit(run_command(main))
