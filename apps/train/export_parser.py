"""`face-edit train export-parser DATA_DIR RUN`: trained parsers as ONNX, and what each precision costs and loses."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.core.errors import BadInput

CALIBRATION = 200


def main(argv: list[str]) -> int:
    """Run `face-edit train export-parser`; returns the exit status."""
    args = _arguments().parse_args(argv)
    if args.calibration < 1:
        raise BadInput("--calibration has to be at least 1.")
    from apps.console import ConsoleProgress
    from pipeline.training.lapa.export import export_parsers

    with ConsoleProgress() as progress:
        runs = [folder.expanduser() for folder in args.run]
        table = export_parsers(args.data.expanduser(), runs, args.cache_dir.expanduser(), args.calibration, progress)
    print(table)
    return 0


def _arguments() -> argparse.ArgumentParser:
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        prog="face-edit train export-parser",
        description="Write trained parsers as ONNX with 32, 16 and 8 bits beside their weights, and a table of what "
        "each costs (memory and CPU time of one thread) and how well it does on the test split.",
        epilog="example: face-edit train export-parser lapa runs/deeplab runs/unet",
    )
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder that the parsers were trained on")
    parser.add_argument("run", type=Path, nargs="+", metavar="RUN", help="folder of `face-edit train parser`")
    parser.add_argument(
        "--calibration",
        type=int,
        default=CALIBRATION,
        help="training pictures from which the ranges of 8 bits are taken (default: %(default)s)",
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=user_cache_path("face-edit") / "shrunk",
        help="folder of the shrunk pictures (default: %(default)s)",
    )
    return parser
