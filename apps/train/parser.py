"""`face-edit train parser DATA_DIR`: training of a small face parser on data in the layout of LaPa, with a report."""

import argparse
from dataclasses import fields
from pathlib import Path

from apps.console import ConsoleProgress, add_cache_dir, add_device, command_parser
from pipeline.core.errors import BadInput
from pipeline.training.lapa.settings import ARCHITECTURES, MULTIPLE, Settings

NUMBERS = {
    "size": "side of the pictures",
    "coarse_epochs": "first epochs on pictures of half the size, which take a quarter of the time",
    "batch_size": "pictures of a step",
    "rate": "Adam's learning rate",
    "decay_every": "epochs until the rate falls",
    "decay": "what it falls to",
    "gamma": "of the focal loss",
    "patience": "epochs without progress to stop",
    "seed": "of weights and batches",
}
"""Help of the options that are numbers of `Settings`."""


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a number out of range."""
    args = _arguments().parse_args(argv)
    settings = _settings(args)
    from rich.console import Console

    from pipeline.core.devices import choose_device
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
    return Settings(**{field.name: getattr(args, field.name) for field in fields(Settings)})


def _arguments() -> argparse.ArgumentParser:
    usual = Settings()
    parser = command_parser(
        "train parser",
        "Train a face parser of a few megabytes on pictures in the layout of LaPa; a killed training "
        "continues where it stood, a finished one when it is given more --epochs.",
        "example: face-edit train parser lapa --output-dir runs/parser --encoder-weights none --coarse-epochs 6",
    )
    add = parser.add_argument
    add("data", type=Path, metavar="DATA_DIR", help="folder with {train,val,test}/{images/*.jpg,labels/*.png}")
    add("--output-dir", type=Path, required=True, help="folder of checkpoint, parser and report")
    add("--architecture", choices=list(ARCHITECTURES), default=usual.architecture, help="default: %(default)s")
    add("--encoder", default=usual.encoder, help="an encoder of segmentation-models-pytorch (default: %(default)s)")
    add("--encoder-weights", choices=["imagenet", "none"], default=usual.encoder_weights, help="default: %(default)s")
    add("--epochs", type=int, default=40, help="at most so many (default: %(default)s)")
    for name, text in NUMBERS.items():
        value = getattr(usual, name)
        option = f"--{name.replace('_', '-')}"
        add(option, type=type(value), default=value, help=f"{text} (default: %(default)s)")
    add_device(parser)
    add_cache_dir(parser, "--cache-dir", "shrunk", "the shrunk pictures")
    return parser
