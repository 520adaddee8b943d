"""`face-edit restore`: a folder of old, small or blurred photographs, their faces repainted by a net."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress

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
    job = make_job(arguments)
    from pipeline.config import load_config
    from pipeline.photo.detector import open_detector
    from pipeline.restore.nets import DEMO, declared, restorer_set

    if arguments.model is None and job.model == DEMO:
        print(
            "face-edit: restoring with the embedded demo net, which knows rendered portraits only: "
            f"`face-edit models fetch {restorer_set()}` gets GFPGAN, for photographs of people.",
            file=sys.stderr,
        )
    if (file := declared(job.model)).non_commercial:
        print(f"face-edit: {job.model} is licensed under the {file.licence}.", file=sys.stderr)
    from pipeline.models import choose_device

    device = choose_device(arguments.device)
    detector = None if job.detector == "aligned" else open_detector(load_config().detector)
    with ConsoleProgress() as progress:
        if arguments.num_samples is not None:
            from pipeline.restore.samples import write_samples

            sheet = write_samples(job, arguments.num_samples, device, detector, progress)
        else:
            from pipeline.restore.run import run

            outcome = run(job, device, detector, progress)
    if arguments.num_samples is not None:
        print(sheet)
        return 0
    return tell(outcome)


def make_job(arguments: argparse.Namespace) -> "RestoreJob":
    """The job that the command line asks for; BadInput for an unknown model or a value out of range."""
    from pipeline.restore.job import RestoreJob
    from pipeline.restore.nets import declared, default_model

    model = arguments.model or default_model()
    declared(model)
    return RestoreJob(
        input_dir=arguments.input_dir,
        output_dir=arguments.output_dir,
        model=model,
        fidelity=arguments.fidelity,
        upscale=arguments.upscale,
        detector=arguments.face_detector,
        no_face=arguments.no_face,
        background=arguments.background,
        gps=arguments.gps,
        comparisons=arguments.save_comparison,
    )


def tell(outcome: "RestoreOutcome") -> int:
    """Say what was done and what went wrong; returns the exit status."""
    for sentence in (*outcome.warnings.values(), *outcome.failed.values()):
        print(f"face-edit: {sentence}", file=sys.stderr)
    before = f", {outcome.before} of {outcome.total} were done before" if outcome.before else ""
    none = f", {len(outcome.without_face)} without a face" if outcome.without_face else ""
    failed = f", {len(outcome.failed)} failed" if outcome.failed else ""
    print(
        f"{outcome.faces} faces restored in {outcome.restored} photos, {outcome.seconds:.1f} s"
        f"{none}{failed}{before} -> {outcome.folder}"
    )
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    from pipeline.restore.job import DETECTORS, UPSCALES

    parser = argparse.ArgumentParser(
        prog="face-edit restore",
        description="Restore the faces in a folder of photographs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input_dir", type=Path, metavar="INPUT_DIR", help="folder of photographs")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="gfpgan, gfpgan-1.3, restoreformer, codeformer or demo (default: gfpgan where it was fetched, else demo)",
    )
    parser.add_argument(
        "--fidelity",
        type=float,
        default=0.7,
        metavar="F",
        help="0 restores most, 1 changes least (default: 0.7)",
    )
    parser.add_argument(
        "--upscale", type=int, choices=UPSCALES, default=1, help="enlarge the whole photo (default: 1, not at all)"
    )
    parser.add_argument(
        "--background", type=Path, metavar="FILE", help="net for that, such as Real-ESRGAN (default: Lanczos)"
    )
    parser.add_argument(
        "--face-detector",
        choices=DETECTORS,
        default="yunet",
        help="aligned: the pictures are square crops of faces already (default: yunet)",
    )
    parser.add_argument(
        "--no-face",
        choices=("keep", "skip"),
        default="keep",
        help="a photo without a face is written as it is, or left out (default: keep)",
    )
    parser.add_argument("--gps", action="store_true", help="let the results say where a photo was taken")
    parser.add_argument("--save-comparison", action="store_true", help="also write before and after beside each other")
    parser.add_argument(
        "--num-samples", type=int, metavar="N", help="only draw samples.png: N of the photos at several fidelities"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    return parser


if __name__ == "__main__":
    from apps.console import run as run_command

    sys.exit(run_command(main))
