"""`face-edit bench quality | speed | editor`: source of the figures in the README."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, add_device, command_parser

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import RunConfig
    from pipeline.quality.edits import Bench, Row

EPILOG = """\
examples:
  face-edit bench quality --portraits 20 --output-dir runs/bench
  face-edit bench editor --runs 3 --edits 200
  face-edit bench editor --set models=ffhq-stylegan2

The editor's window is not shown, unless QT_QPA_PLATFORM says where. On a busy machine its figures say little.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 also when thresholds are missed: the report names them."""
    args = _arguments().parse_args(argv)
    from rich.console import Console

    from pipeline.config import load_config

    console = Console(highlight=False)
    config = load_config(args.config, args.set)
    if args.what == "editor":
        return _editor(config, args, console)
    from pipeline.models import Models
    from pipeline.quality.edits import open_bench

    bench = open_bench(Models(config.models, args.device), config)
    if args.what == "speed":
        from pipeline.quality.speed import speed

        for stage, seconds in speed(bench):
            console.print(f"{stage:24s} {seconds:8.3f} s per picture")
        return 0
    return _quality(bench, args.portraits, args.output_dir, console)


def _quality(bench: Bench, portraits: int, folder: Path, console: Console) -> int:
    from rich.progress import track

    from apps.bench.output import RowWriter, rich_table, write_report
    from pipeline.quality.edits import measure
    from pipeline.quality.net_evaluation import BATCH, net_figures
    from pipeline.quality.summary import tables, verdict, verdict_table

    *_, nets = track(net_figures(bench.models, portraits), "nets", -(-portraits // BATCH), console=console)
    rows: list[Row] = []
    writer = RowWriter(folder / "rows.csv")
    for new in track(measure(bench, portraits), "portraits", portraits, console=console):
        writer.write(new)
        rows += new
    report = [verdict_table(verdict(rows, nets, bench.stages)), *tables(rows, bench.stages)]
    path = write_report(folder, report, f"Quality of the {bench.models.set.name} set on {portraits} held-out portraits")
    for table in report:
        console.print(rich_table(table))
    console.print(f"{path}: the same with plots; {writer.path}: every edit of every portrait")
    return 0


def _editor(config: RunConfig, args: argparse.Namespace, console: Console) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from apps.editor import check_screen

    check_screen()
    from apps.bench.editor import measure
    from apps.bench.output import rich_table
    from pipeline.models import Models

    with ConsoleProgress() as progress:
        table = measure(config, Models(config.models, args.device), args.runs, args.edits, progress.step)
    console.print(rich_table(table))
    return 0


def _arguments() -> argparse.ArgumentParser:
    about = "Measure edits against the portrait world's ground truth, time them, or time the editor's window."
    parser = command_parser("bench", about, EPILOG)
    add = parser.add_argument
    add("what", choices=["quality", "speed", "editor"])
    add("--portraits", type=int, default=100, help="held-out portraits (default: %(default)s)")
    add("--output-dir", type=Path, default=Path("runs/bench"), help="report (default: %(default)s)")
    add("--runs", type=int, default=5, help="of the editor's timings (default: %(default)s)")
    add("--edits", type=int, default=2000, help="in the editor, over which memory is watched (default: %(default)s)")
    add_device(parser)
    add("--config", type=Path, help="configuration file, as for run-pipeline")
    add("--set", action="append", default=[], metavar="A.B=C", help="override one setting")
    return parser
