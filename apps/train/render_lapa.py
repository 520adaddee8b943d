"""`face-edit train lapa DIR`: rendered people with labels in the layout of the LaPa data set."""

import argparse
from pathlib import Path

from apps.console import ConsoleProgress, command_parser
from apps.train.render_people import check_size
from pipeline.core.errors import BadInput


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a number out of range, otherwise as `write_renders`."""
    args = _arguments().parse_args(argv)
    from pipeline.training.lapa.renders import write_renders

    counts = {"train": args.portraits, "val": args.val, "test": args.test}
    if args.workers < 1 or min(counts.values()) < 1:
        raise BadInput("--portraits, --val, --test and --workers have to be at least 1.")
    check_size(args.size)
    folder, people = args.folder.expanduser(), [place.expanduser() for place in args.people]
    with ConsoleProgress("file") as progress:
        write_renders(folder, counts, args.size, args.workers, people, progress)
    print(f"{folder} holds people to train on, {args.val} to choose by and {args.test} to test on.")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train lapa",
        "Write rendered people with labels of 11 classes in the layout of LaPa, {train,val,test}/"
        "{images/*.jpg,labels/*.png}: three in four of them wild, the others in the studio, and seen through "
        "spectacles. Those to test are held out from all trainings. Goes on after a kill.",
        "example: face-edit train lapa lapa --portraits 4000",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="new folder, or one to go on with")
    add("--portraits", type=int, default=4000, help="to train on (default: %(default)s)")
    add("--val", type=int, default=200, help="to choose by while training (default: %(default)s)")
    add("--test", type=int, default=300, help="to measure on (default: %(default)s)")
    add(
        "--people",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="train on all of these folders of `train people` instead of --portraits",
    )
    add("--size", type=int, default=256, help="side in pixels, 32 to 512 (default: %(default)s)")
    add("--workers", type=int, default=2, help="rendering processes (default: %(default)s)")
    return parser
