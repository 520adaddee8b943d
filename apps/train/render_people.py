"""`face-edit train people`: rendered people with real anatomy and their exact truth, for trainings of one's own."""

import argparse
import os

from apps.console import ConsoleProgress, add_output_dir, command_parser
from pipeline.core.errors import BadInput

SIZES = (32, 512)


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a number out of range, otherwise as `write_people`."""
    args = _arguments().parse_args(argv)
    from pipeline.training.people import Plan, write_people

    if min(args.count, args.workers) < 1 or args.first < 0:
        raise BadInput("--count and --workers have to be at least 1, and --first at least 0.")
    check_size(args.size)
    folder, plan = args.output_dir.expanduser(), Plan(args.look, args.size, args.first, args.pairs, args.even)
    with ConsoleProgress("file") as progress:
        write_people(folder, args.count, plan, args.workers, progress)
    print(f"{folder} holds {args.count} {args.look} {'pairs' if args.pairs else 'people'} of {args.size} px.")
    return 0


def check_size(size: int) -> None:
    """Raise BadInput for a --size that is out of range."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise BadInput(f"--size {size} is out of range: use {SIZES[0]} to {SIZES[1]} pixels.")


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train people",
        "Write rendered people with real anatomy in files of 40: pictures, classes, depth, landmarks, outlines, "
        "parameters and values of attributes. Goes on after a kill, or with more people for a larger --count.",
        "example: face-edit train people --output-dir runs/people --count 1500 --look wild",
    )
    add_output_dir(parser, "files")
    add = parser.add_argument
    add("--count", type=int, default=1000, help="people (default: %(default)s)")
    add("--look", choices=["studio", "wild"], default="studio", help="default: %(default)s")
    second = "every person twice: with another value of one attribute (edit), or at another time and place (occasion)"
    add("--pairs", choices=["edit", "occasion"], default="", help=second)
    add("--even", action="store_true", help="every class of an attribute, and every value of a cursor, equally likely")
    add("--size", type=int, default=256, help="side in pixels, 32 to 512 (default: %(default)s)")
    add("--first", type=int, default=0, help="seed of the first person (default: %(default)s)")
    add("--workers", type=int, default=os.cpu_count(), help="rendering processes (default: all cores)")
    return parser
