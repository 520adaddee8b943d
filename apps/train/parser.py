"""`face-edit train parser DATA_DIR`: a small face parser from pictures in the layout of LaPa, and its report."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.training.lapa.settings import ARCHITECTURES, MULTIPLE, Settings


def main(argv: list[str]) -> int:
    """Run `face-edit train parser`; returns the exit status."""
    args = _arguments().parse_args(argv)
    settings = _settings(args)
    from rich.console import Console

    from apps.console import ConsoleProgress
    from pipeline.models import choose_device
    from pipeline.training.lapa.train import train_parser

    console = Console(highlight=False, soft_wrap=True)
    data, output, cache = (path.expanduser() for path in (args.data, args.output_dir, args.cache_dir))
    with ConsoleProgress() as progress:
        device = choose_device(args.device)
        figures = train_parser(data, output, cache, settings, args.epochs, device, progress, console.print)
    for name, value in figures.items():
        console.print(f"  {name:12s} {value:.4f}")
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    if args.size % MULTIPLE or args.size <= 0:
        raise BadInput(f"--size {args.size} does not fit the nets: use a multiple of {MULTIPLE}, such as 224.")
    for name in ("batch_size", "decay_every", "patience", "epochs"):
        if getattr(args, name) < 1:
            raise BadInput(f"--{name.replace('_', '-')} has to be at least 1.")
    return Settings(
        architecture=args.architecture,
        encoder=args.encoder,
        encoder_weights=args.encoder_weights,
        size=args.size,
        coarse_epochs=args.coarse_epochs,
        batch_size=args.batch_size,
        rate=args.rate,
        decay_every=args.decay_every,
        decay=args.decay,
        gamma=args.gamma,
        patience=args.patience,
        seed=args.seed,
    )


def _arguments() -> argparse.ArgumentParser:
    from platformdirs import user_cache_path

    usual = Settings()
    parser = argparse.ArgumentParser(
        prog="face-edit train parser",
        description="Train a face parser of a few megabytes on pictures in the layout of LaPa; a killed training "
        "continues where it stood, a finished one when it is given more --epochs.",
        epilog="example: face-edit train parser lapa --output-dir runs/parser --encoder-weights none --coarse-epochs 6",
    )
    parser.add_argument(
        "data", type=Path, metavar="DATA_DIR", help="folder with {train,val,test}/{images/*.jpg,labels/*.png}"
    )
    parser.add_argument("--output-dir", type=Path, required=True, help="folder of checkpoint, parser and report")
    parser.add_argument(
        "--architecture", choices=list(ARCHITECTURES), default=usual.architecture, help="default: %(default)s"
    )
    parser.add_argument(
        "--encoder", default=usual.encoder, help="an encoder of segmentation-models-pytorch (default: %(default)s)"
    )
    parser.add_argument(
        "--encoder-weights", choices=["imagenet", "none"], default=usual.encoder_weights, help="default: %(default)s"
    )
    parser.add_argument("--size", type=int, default=usual.size, help="side of the pictures (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=40, help="at most so many (default: %(default)s)")
    parser.add_argument(
        "--coarse-epochs",
        type=int,
        default=usual.coarse_epochs,
        help="first epochs on pictures of half the size, which take a quarter of the time (default: %(default)s)",
    )
    parser.add_argument("--batch-size", type=int, default=usual.batch_size, help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=usual.rate, help="Adam's learning rate (default: %(default)s)")
    parser.add_argument(
        "--decay-every", type=int, default=usual.decay_every, help="epochs until the rate falls (default: %(default)s)"
    )
    parser.add_argument("--decay", type=float, default=usual.decay, help="what it falls to (default: %(default)s)")
    parser.add_argument("--gamma", type=float, default=usual.gamma, help="of the focal loss (default: %(default)s)")
    parser.add_argument(
        "--patience", type=int, default=usual.patience, help="epochs without progress to stop (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help="of weights and batches (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=user_cache_path("face-edit") / "shrunk",
        help="folder of the shrunk pictures (default: %(default)s)",
    )
    return parser
