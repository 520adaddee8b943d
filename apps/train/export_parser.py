"""`face-edit train export-parser DATA_DIR RUN`: ONNX export of parsers, with cost and accuracy per precision."""

import argparse
from pathlib import Path

from apps.console import ConsoleProgress, add_cache_dir, command_parser
from pipeline.core.errors import BadInput


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput when --calibration is below 1."""
    args = _arguments().parse_args(argv)
    if args.calibration < 1:
        raise BadInput("--calibration has to be at least 1.")
    from pipeline.training.lapa.export import export_parsers

    with ConsoleProgress() as progress:
        runs = [folder.expanduser() for folder in args.run]
        table = export_parsers(args.data.expanduser(), runs, args.cache_dir.expanduser(), args.calibration, progress)
    print(table)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train export-parser",
        "Write trained parsers as ONNX with 32, 16 and 8 bits beside their weights, and a table of what "
        "each costs (memory and CPU time of one thread) and how well it does on the test split.",
        "example: face-edit train export-parser lapa runs/deeplab runs/unet",
    )
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder that the parsers were trained on")
    parser.add_argument("run", type=Path, nargs="+", metavar="RUN", help="folder of `face-edit train parser`")
    parser.add_argument(
        "--calibration",
        type=int,
        default=200,
        help="training pictures from which the ranges of 8 bits are taken (default: %(default)s)",
    )
    add_cache_dir(parser, "--cache-dir", "shrunk", "the shrunk pictures")
    return parser
