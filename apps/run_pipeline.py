"""`face-edit run-pipeline`: projection, edits and blends of a folder of portraits, with a report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import (
    ConsoleProgress,
    add_engine,
    add_faces,
    add_settings,
    at_hand,
    chosen_cluster,
    chosen_settings,
    command_parser,
    tell_outcome,
)
from apps.console import run as run_command
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
an interrupted run goes on where it was. A face that the model set cannot reconstruct is not edited without --force.
A sheet is a CSV file with the columns photo, edit and strength, such as `anna.png,Bp_max,0.5`.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every portrait is complete, 1 when some failed."""
    arguments = _parser().parse_args(argv)
    with at_hand(arguments, "input_dir", "photos"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    job, cluster = make_job(arguments), chosen_cluster(arguments)
    from pipeline.core.model_sets import model_set, net_for_photographs
    from pipeline.models import Models
    from pipeline.run.runner import run

    config = job.config
    models = Models(config.models, config.device, config.detector, config.backend, config.backend_of)
    with ConsoleProgress("portrait") as progress:
        if job.photos is not None and job.edits != () and model_set(models.set.name).embedded:
            better = net_for_photographs("generator").models
            progress.note(
                f"The model set {models.set.name} is embedded and has seen rendered people only: it makes those edits "
                f"of photographs that come out well; for the others choose another, such as --models {better}."
            )
        outcome = run(job, models, progress, cluster)
    tell_outcome(outcome, progress)
    if job.edits == ():
        progress.note("No edit was requested: every picture stays unchanged, pixel for pixel.")
    return outcome.exit_code


def make_job(arguments: argparse.Namespace) -> "Job":
    """Job of the command line.

    Raises:
        BadInput: An edit is unknown, a folder does not exist or options contradict each other.
        BadConfig: A setting is unknown or out of range.
    """
    from pipeline.edit.requests import NO_EDIT, identifier
    from pipeline.run.job import Job, Photographs
    from projection.translations import know_own

    config = chosen_settings(arguments)
    know_own(config.translations)
    words = None if arguments.edits is None else _words(arguments.edits)
    edits = None if words is None else () if words == [NO_EDIT] else tuple(dict.fromkeys(map(identifier, words)))
    if words == []:
        raise BadInput(f"--edits names no edit: write some, such as Bp_max,Hc_0, or {NO_EDIT}.")
    if edits is not None and arguments.sheet is not None:
        raise BadInput("Give either --edits or --sheet: the sheet already names the edits.")
    if arguments.latents is not None and not arguments.latents.is_dir():
        raise BadInput(f"There is no folder of latents {arguments.latents}.")
    if (arguments.input_dir is None) == (arguments.photos is None):
        raise BadInput("Name one folder: INPUT_DIR with aligned crops, or --photos DIR with photographs.")
    for option, value in (("--gps", arguments.gps), ("--face", arguments.face), ("--all-faces", arguments.all_faces)):
        if value not in (None, False) and arguments.photos is None:
            raise BadInput(f"{option} applies to photographs only: give it with --photos.")
    face = None if arguments.all_faces else 1 if arguments.face is None else arguments.face
    return Job(
        input_dir=arguments.photos or arguments.input_dir,
        photos=Photographs(arguments.gps, face) if arguments.photos else None,
        output_dir=arguments.output_dir,
        config=config,
        edits=edits,
        sheet=arguments.sheet,
        latents=arguments.latents,
        keep=tuple(dict.fromkeys(name for words in arguments.keep for name in _words(words))),
        only=arguments.only,
        start=arguments.start,
        force=arguments.force,
    )


def _words(text: str) -> Sequence[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("run-pipeline", "Edit every portrait of a folder: project, translate, blend.", EPILOG)
    add = parser.add_argument
    add("input_dir", nargs="?", type=Path, metavar="INPUT_DIR", help="folder of square portrait crops")
    add("--photos", type=Path, metavar="DIR", help="folder of photographs: align, edit, paste back")
    add_faces(parser)
    add("--gps", action="store_true", help="let edited photographs say where they were taken")
    add("--output-dir", type=Path, required=True, metavar="RUN", help="folder of this run")
    add_settings(parser)
    add("--edits", metavar="LIST", help="only these, such as Bp_max,Hc_0, or none (default: all)")
    add("--sheet", type=Path, metavar="FILE", help="CSV with photo, edit, strength: just these edits")
    add("--latents", type=Path, metavar="DIR", help="latents NAME.npy to use instead of projecting")
    add("--keep", action="append", default=[], metavar="STEP", help="keep images after STEP (or translation)")
    add("--only", metavar="STEP", help="run just this step, on kept images of the one before it")
    add("--from", dest="start", metavar="STEP", help="run this step and the later ones, on kept images")
    add(
        "--force",
        action="store_true",
        help="edit faces too that the generator does not know, and what does not suit a photo",
    )
    add_engine(parser)
    return parser


if __name__ == "__main__":
    sys.exit(run_command(main))
