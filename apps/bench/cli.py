"""`face-edit bench quality | speed`: the figures in the README come from here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from apps.bench.quality import Bench, Row


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status: 0 also when thresholds are missed, the report says which."""
    args = _arguments().parse_args(argv)
    from rich.console import Console

    from apps.bench.quality import open_bench
    from pipeline.config import load_config
    from pipeline.models import Models

    console = Console(highlight=False)
    config = load_config(args.config, args.set)
    bench = open_bench(Models(config.models, args.device), config)
    if args.what == "speed":
        from apps.bench.speed import speed

        for what, seconds in speed(bench):
            console.print(f"{what:24s} {seconds:8.3f} s per picture")
        return 0
    return _quality(bench, args.portraits, args.output_dir, console)


def _quality(bench: Bench, portraits: int, folder: Path, console: Console) -> int:
    from rich.progress import track

    from apps.bench.nets import BATCH, net_figures
    from apps.bench.output import RowWriter, rich_table, write_report
    from apps.bench.quality import measure
    from apps.bench.summary import tables, verdict, verdict_table

    batches = -(-portraits // BATCH)
    *_, nets = track(net_figures(bench.models, portraits), "nets", batches, console=console)
    rows: list[Row] = []
    writer = RowWriter(folder / "rows.csv")
    for found in track(measure(bench, portraits), "portraits", portraits, console=console):
        writer.write(found)
        rows += found
    report = [verdict_table(verdict(rows, nets, bench.stages)), *tables(rows, bench.stages)]
    heading = f"Quality of the {bench.models.set.name} set on {portraits} held-out portraits"
    path = write_report(folder, report, heading)
    for table in report:
        console.print(rich_table(table))
    console.print(f"{path}: the same with plots; {writer.path}: every edit of every portrait")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit bench",
        description="Measure edits against the portrait world's ground truth, or time them.",
        epilog="example: face-edit bench quality --portraits 20 --output-dir runs/bench",
    )
    parser.add_argument("what", choices=["quality", "speed"])
    parser.add_argument("--portraits", type=int, default=100, help="held-out portraits (default: %(default)s)")
    parser.add_argument("--output-dir", type=Path, default=Path("runs/bench"), help="report (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    parser.add_argument("--config", type=Path, help="configuration file, as for run-pipeline")
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C", help="override one setting")
    return parser
