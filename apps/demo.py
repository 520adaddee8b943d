"""`face-edit demo`: a complete run over sample portraits, a few minutes without a GPU."""

import argparse
from pathlib import Path

from apps.console import ConsoleProgress, command_parser, tell_outcome
from pipeline.core.errors import BadInput

EPILOG = """\
example:
  face-edit demo --output-dir demo

takes portraits of rendered people that the embedded nets have never seen, finds their latents, makes every change that
makes sense for each of them, blends it so that nothing else changes, and shows the results in contact_sheet.png and
report.html.
"""
MAX_PORTRAITS = 8


def main(argv: list[str]) -> int:
    """Run the command; 0 when every portrait is complete."""
    arguments = _parser().parse_args(argv)
    if not 1 <= arguments.portraits <= MAX_PORTRAITS:
        raise BadInput(f"--portraits {arguments.portraits} is out of range: choose 1 to {MAX_PORTRAITS}.")
    from pipeline.config import load_config
    from pipeline.models import Models
    from pipeline.run.job import Job
    from pipeline.run.runner import run
    from pipeline.world.samples import write_samples

    output: Path = arguments.output_dir
    portraits = output / "portraits"
    config = load_config(None, arguments.set)
    models = Models(config.models, config.device, config.detector, config.backend, config.backend_of)
    with ConsoleProgress("portrait") as progress:
        write_samples(portraits, arguments.portraits)
        outcome = run(Job(portraits, output, config, force=True), models, progress)
    tell_outcome(outcome, progress)
    progress.note(
        f"Open {output / 'report.html'} in a browser. Now try your own choice of edits:\n"
        f"  face-edit run-pipeline {portraits} --output-dir run1 --edits Bp_max,Hc_1"
    )
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("demo", "Edit sample portraits with the embedded models and show the result.", EPILOG)
    parser.add_argument("--output-dir", type=Path, default=Path("demo"), metavar="DIR", help="default: demo")
    parser.add_argument("--portraits", type=int, default=8, metavar="N", help="how many portraits, 1 to 8 (default: 8)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as batch=4")
    return parser
