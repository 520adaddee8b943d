"""`face-edit train demo [PART ...]`: training of the embedded models part by part; dispatch of other jobs."""

import argparse
import importlib

from apps.console import ConsoleProgress, add_cache_dir, add_device, command_parser
from pipeline.core.errors import BadInput
from pipeline.training.parts import PARTS, train_part
from pipeline.training.renderer_probe import check_probe, probe_path, write_probe

JOBS = {
    "people": "render_people",
    "lapa": "render_lapa",
    "parser": "parser",
    "export-parser": "export_parser",
    "generator": "generator",
    "encoder": "encoder",
    "predictor": "predictor",
}
"""Module of `apps.train` with `main(argv)` for each job beside the demo set."""

LEAST, MOST = 20, 900_000  # people of a kind, and numbers that they may have


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for an unknown part or a number out of range."""
    if argv and argv[0] in JOBS:
        return int(importlib.import_module(f"apps.train.{JOBS[argv[0]]}").main(argv[1:]))
    args = _arguments().parse_args(argv)
    if unknown := [part for part in args.part if part not in PARTS]:
        raise BadInput(f"There is no part {unknown[0]}: choose among {', '.join(PARTS)}.")
    if args.workers < 1 or min(args.portraits, args.wild, args.pairs, args.even, args.held_out) < LEAST:
        raise BadInput(
            f"--portraits, --wild, --pairs, --even, --held-out have to be at least {LEAST}, and --workers at least 1."
        )
    if not 0 <= args.first < MOST:
        raise BadInput(f"--first has to be at least 0 and less than {MOST}.")
    from rich.console import Console

    from pipeline.core.devices import choose_device
    from pipeline.training.context import TrainingContext
    from pipeline.training.loop import Budget

    console = Console(highlight=False)
    context = TrainingContext(
        work_dir=args.work_dir.expanduser(),
        device=choose_device(args.device),
        portraits=args.portraits,
        wild_portraits=args.wild,
        pairs=args.pairs,
        even=args.even,
        held_out_portraits=args.held_out,
        workers=args.workers,
        seed=args.seed,
        tune=args.tune,
        first=args.first,
        bar=ConsoleProgress(),
    )
    chosen = [part for part in PARTS if not args.part or part in args.part]
    if len(chosen) < len(PARTS) and probe_path().exists():
        check_probe()  # all parts must be trained on the same renderer
    for part in chosen:
        if args.fresh:
            context.checkpoint(part).unlink(missing_ok=True)
        console.rule(part)
        budget = None if args.minutes is None and args.steps is None else Budget(args.minutes, args.steps)
        for name, value in train_part(part, context, budget, console.print).items():
            console.print(f"  {name:28s} {value:8.4f}")
    if len(chosen) == len(PARTS) or not probe_path().exists():
        write_probe()
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train",
        "Train the embedded nets on rendered people; a killed training continues where it stood. "
        "Or train a generator on images of yours, its encoder and predictor, render people, or train a face parser for "
        "phones: see the --help of generator, encoder, predictor, people, lapa, parser and export-parser.",
        "example: face-edit train demo parser --minutes 8",
    )
    add = parser.add_argument
    add("set", choices=["demo", *JOBS], help="the model set to train; the others have other options")
    add("part", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}: parts to train, in any order (default: all)")
    add_cache_dir(parser, "--work-dir", "train", "people and checkpoints, about 26 GB for all parts")
    add("--minutes", type=float, help="wall time per part (default: each part's own, meant for one thread)")
    add("--steps", type=int, help="steps per part: a reproducible end, unlike minutes")
    add_device(parser)
    add("--portraits", type=int, default=12_000, help="studio people to train on (default: %(default)s)")
    add("--wild", type=int, default=10_000, help="people as in photographs to train on (default: %(default)s)")
    pairs = "people to train on with and without an edit, and on two occasions (default: %(default)s)"
    add("--pairs", type=int, default=3_000, help=pairs)
    add("--even", type=int, default=6_000, help="people with evenly drawn attributes (default: %(default)s)")
    add("--held-out", type=int, default=400, help="people of each kind to measure on (default: %(default)s)")
    first = "number of the first person of each kind: others than those the weights know (default: %(default)s)"
    add("--first", type=int, default=0, help=first)
    add("--workers", type=int, default=2, help="rendering processes (default: %(default)s)")
    add("--seed", type=int, default=0, help="seed of weights and batches (default: %(default)s)")
    add("--fresh", action="store_true", help="forget the part's checkpoint")
    add("--tune", action="store_true", help="start from the weights in the tree (with --fresh)")
    return parser
