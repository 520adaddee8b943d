"""`face-edit restore`: restoration of the faces in old, small or blurred photographs."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import (
    DEVICES,
    ConsoleProgress,
    add_backend,
    add_device,
    add_engine,
    add_faces,
    add_gps,
    add_output_dir,
    at_hand,
    chosen_cluster,
    command_parser,
)
from pipeline.core.errors import BadInput
from pipeline.core.names import counted

if TYPE_CHECKING:
    from pipeline.restore.job import RestoreJob
    from pipeline.restore.run import RestoreOutcome

EPILOG = """\
examples:
  face-edit restore album --output-dir restored_album
  face-edit restore album --output-dir look --num-samples 6
  face-edit restore album --output-dir restored_album --fidelity 0.5 --upscale 2 --save-comparison

Writes restored/NAME.png (always PNG, which keeps every pixel), with --save-comparison comparisons/NAME_compare.jpg, and
restoration_stats.json. Photos are only read. Started again, an interrupted run goes on where it was.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo could be used, 1 when some could not."""
    arguments = _parser().parse_args(argv)
    with at_hand(arguments, "input_dir"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    job, cluster = make_job(arguments), chosen_cluster(arguments)
    from pipeline.photo.detector import open_detector
    from pipeline.restore.nets import declared, note

    if (about := note(job.model)) is not None:
        print(f"face-edit: {about}", file=sys.stderr)
    if (file := declared(job.model)).non_commercial:
        print(f"face-edit: {job.model} is licensed under the {file.licence}.", file=sys.stderr)
    from pipeline.core.devices import choose_device

    device = choose_device(arguments.device)
    detector = None if job.detector == "aligned" else open_detector()
    if arguments.num_samples is not None:
        from pipeline.restore.samples import write_samples

        with ConsoleProgress() as progress:
            sheet = write_samples(job, arguments.num_samples, device, detector, progress)
        print(sheet)
        return 0
    from pipeline.restore.run import run

    with ConsoleProgress() as progress:
        outcome = run(job, device, detector, progress, cluster)
    return tell(outcome)


def make_job(arguments: argparse.Namespace) -> "RestoreJob":
    """Job of the command line.

    Raises:
        BadInput: The model is unknown or a value is out of range.
    """
    from pipeline.restore.job import NO_CHOICE, RestoreJob
    from pipeline.restore.nets import declared, default_model

    model = arguments.model or default_model()
    declared(model)
    if arguments.all_faces and arguments.face_detector == "aligned":
        raise BadInput(NO_CHOICE)
    return RestoreJob(
        input_dir=arguments.input_dir,
        output_dir=arguments.output_dir,
        model=model,
        fidelity=arguments.fidelity,
        upscale=arguments.upscale,
        detector=arguments.face_detector,
        no_face=arguments.no_face,
        background=arguments.background,
        face=arguments.face,
        gps=arguments.gps,
        comparisons=arguments.save_comparison,
        backend=arguments.backend,
    )


def tell(outcome: "RestoreOutcome") -> int:
    """Print warnings, failures and counts; returns the exit code."""
    for sentence in (*outcome.warnings.values(), *outcome.failed.values()):
        print(f"face-edit: {sentence}", file=sys.stderr)
    were = "was" if outcome.before == 1 else "were"
    before = f", {outcome.before} of {outcome.total} {were} done before" if outcome.before else ""
    sharp = f", {counted(outcome.sharp, 'sharp face')} left as found" if outcome.sharp else ""
    none = f", {len(outcome.without_face)} without a face" if outcome.without_face else ""
    failed = f", {len(outcome.failed)} failed" if outcome.failed else ""
    print(
        f"{counted(outcome.faces, 'face')} restored in {counted(outcome.restored, 'photo')}, {outcome.seconds:.1f} s"
        f"{sharp}{none}{failed}{before} -> {outcome.folder}"
    )
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    from pipeline.restore.job import DETECTORS, UPSCALES

    parser = command_parser("restore", "Restore the faces in a folder of photographs.", EPILOG)
    add = parser.add_argument
    add("input_dir", type=Path, metavar="INPUT_DIR", help="folder of photographs")
    add_output_dir(parser)
    add(
        "--model",
        metavar="NAME",
        help="gfpgan, gfpgan-1.3, restoreformer, codeformer or demo (default: gfpgan where it was fetched, else demo)",
    )
    add("--fidelity", type=float, default=0.7, metavar="F", help="0 restores most, 1 changes least (default: 0.7)")
    add("--upscale", type=int, choices=UPSCALES, default=1, help="enlarge the whole photo (default: 1, not at all)")
    add("--background", type=Path, metavar="FILE", help="net for that, such as Real-ESRGAN (default: Lanczos)")
    add(
        "--face-detector",
        choices=DETECTORS,
        default="yunet",
        help="aligned: the pictures are square crops of faces already (default: yunet)",
    )
    add(
        "--no-face",
        choices=("keep", "skip"),
        default="keep",
        help="a photo without a face is written as it is, or left out (default: keep)",
    )
    add_faces(parser, "every face")
    add_gps(parser)
    add("--save-comparison", action="store_true", help="also write before and after beside each other")
    add("--num-samples", type=int, metavar="N", help="only draw samples.png: N of the photos at several fidelities")
    add_device(parser, DEVICES)
    add_backend(parser, "torch")
    add_engine(parser)
    return parser
