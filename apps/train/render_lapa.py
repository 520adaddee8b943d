"""`face-edit train lapa DIR`: rendered portraits with labels in the layout of the LaPa data set."""

import argparse
from pathlib import Path

from apps.console import ConsoleProgress, command_parser
from pipeline.core.errors import BadInput


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput when a count is below 1."""
    args = _arguments().parse_args(argv)
    from pipeline.training.lapa.renders import write_renders

    counts = {"train": args.portraits, "val": args.val, "test": args.test}
    if args.workers < 1 or min(counts.values()) < 1:
        raise BadInput("--portraits, --val, --test and --workers have to be at least 1.")
    folder = args.folder.expanduser()
    with ConsoleProgress() as progress:
        write_renders(folder, counts, args.size, args.workers, progress)
    print(f"{folder} holds {args.portraits} portraits to train on, {args.val} to choose by and {args.test} to test on.")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train lapa",
        "Write rendered portraits with labels of 11 classes in the layout of LaPa, {train,val,test}/"
        "{images/*.jpg,labels/*.png}; those to test are held out from all trainings. Goes on after a kill.",
        "example: face-edit train lapa lapa --portraits 4000",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="new folder, or one to go on with")
    parser.add_argument("--portraits", type=int, default=4000, help="to train on (default: %(default)s)")
    parser.add_argument("--val", type=int, default=200, help="to choose by while training (default: %(default)s)")
    parser.add_argument("--test", type=int, default=300, help="to measure on (default: %(default)s)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels, 32 to 512 (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="rendering processes (default: %(default)s)")
    return parser
