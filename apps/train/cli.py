"""`face-edit train demo [PART ...]`: rebuild the embedded models, part by part, on a CPU or a GPU; and other jobs."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.training.parts import PARTS, train_part
from pipeline.training.renderer_probe import check_probe, probe_path, write_probe

# What is trained, or made for a training, beside the demo set: each job's module has `main(argv)`.
JOBS = {
    "lapa": "apps.train.render_lapa",
    "parser": "apps.train.parser",
    "export-parser": "apps.train.export_parser",
}


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    if argv and argv[0] in JOBS:
        return int(importlib.import_module(JOBS[argv[0]]).main(argv[1:]))
    args = _arguments().parse_args(argv)
    if unknown := [part for part in args.part if part not in PARTS]:
        raise BadInput(f"There is no part {unknown[0]}: choose among {', '.join(PARTS)}.")
    from rich.console import Console

    from apps.console import ConsoleProgress
    from pipeline.models import choose_device
    from pipeline.training.context import TrainingContext
    from pipeline.training.loop import Budget

    console = Console(highlight=False)
    context = TrainingContext(
        work_dir=args.work_dir.expanduser(),
        device=choose_device(args.device),
        portraits=args.portraits,
        held_out_portraits=args.held_out,
        workers=args.workers,
        seed=args.seed,
        tune=args.tune,
        bar=ConsoleProgress(),
    )
    chosen = [part for part in PARTS if not args.part or part in args.part]
    if len(chosen) < len(PARTS) and probe_path().exists():
        check_probe()  # else the new parts would know another world than the old ones
    for part in chosen:
        if args.fresh:
            context.checkpoint(part).unlink(missing_ok=True)
        console.rule(part)
        own = args.minutes is None and args.steps is None
        budget = None if own else Budget(args.minutes, args.steps)
        metrics = train_part(part, context, budget, console.print)
        for name, value in metrics.items():
            console.print(f"  {name:28s} {value:8.4f}")
    if len(chosen) == len(PARTS) or not probe_path().exists():
        write_probe()
    return 0


def _arguments() -> argparse.ArgumentParser:
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        prog="face-edit train",
        description="Train the embedded demo set on rendered portraits; a killed training continues where it stood. "
        "Or a face parser for phones, on pictures of yours: see the --help of lapa, parser and export-parser.",
        epilog="example: face-edit train demo parser --minutes 8",
    )
    parser.add_argument("set", choices=["demo", *JOBS], help="the model set to train; the others have other options")
    parser.add_argument(
        "part", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}: parts to train, in any order (default: all)"
    )
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=user_cache_path("face-edit") / "train",
        help="folder of renders and checkpoints, about 5 GB (default: %(default)s)",
    )
    parser.add_argument("--minutes", type=float, help="wall time per part (default: each part's own)")
    parser.add_argument("--steps", type=int, help="steps per part: a reproducible end, unlike minutes")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    parser.add_argument("--portraits", type=int, default=12_000, help="renders to train on (default: %(default)s)")
    parser.add_argument("--held-out", type=int, default=400, help="renders to measure on (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="rendering processes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and batches (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget the part's checkpoint")
    parser.add_argument("--tune", action="store_true", help="start from the weights in the tree (with --fresh)")
    return parser
