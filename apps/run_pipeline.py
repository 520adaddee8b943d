"""`face-edit run-pipeline`: a folder of portraits through projection, edits and blends, with progress and a report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, add_settings, chosen_settings, tell_outcome
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.run.job import Job

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
    from pipeline.run.runner import run

    models = Models(job.config.models, job.config.device, job.config.detector)
    with ConsoleProgress("portraits") as progress:
        outcome = run(job, models, progress)
    tell_outcome(outcome, progress)
    if job.edits == ():
        progress.note("No edit was asked for: every picture is as it was, pixel for pixel.")
    return outcome.exit_code


def make_job(arguments: argparse.Namespace) -> "Job":
    """The job that the command line asks for; raises as `load_config` does, and BadInput for an unknown edit."""
    from pipeline.edit.requests import NO_EDIT, identifier
    from pipeline.run.job import Job, Photographs

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
        config=chosen_settings(arguments),
        edits=edits,
        sheet=arguments.sheet,
        latents=arguments.latents,
        keep=tuple(dict.fromkeys(name for words in arguments.keep for name in _words(words))),
        only=arguments.only,
        start=arguments.start,
    )


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


if __name__ == "__main__":
    from apps.console import run as run_command

    sys.exit(run_command(main))
