"""`face-edit train encoder SET`: an encoder for a model set of the user's own."""

import argparse
from dataclasses import fields

from apps.console import command_parser
from apps.train.set_options import add_batches, add_budget, check, checkpoint_path, chosen_budget, show

EPILOG = """\
example:
  face-edit train encoder mine --minutes 30
"""
MINUTES = 30.0


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a set that is not the user's own, or a number out of range."""
    args = _arguments().parse_args(argv)
    check(args, "width")
    from rich.console import Console

    from pipeline.models import Models
    from pipeline.training.set_encoder import EncoderSettings, train_set_encoder

    console = Console(highlight=False, soft_wrap=True)
    models = Models(args.set, args.device)
    settings = EncoderSettings(**{field.name: getattr(args, field.name) for field in fields(EncoderSettings)})
    budget, checkpoint = chosen_budget(args, MINUTES), checkpoint_path(args, models, "encoder")
    made, figures = train_set_encoder(models, settings, budget, checkpoint, console.print)
    show(console, figures)
    console.print(f"{made.name}: its encoder finds latents for `face-edit project-images FOLDER --models {made.name}`")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train encoder",
        "Train an encoder from images to latents on what the generator of a model set of your own draws; a killed "
        "training continues where it stood, a finished one when it is given more --minutes or --steps.",
        EPILOG,
    )
    add = parser.add_argument
    add("set", help="model set of your own, as `train generator` makes")
    add_budget(parser, MINUTES)
    add("--width", type=int, default=48, help="channels of the first of four stages (default: %(default)s)")
    add_batches(parser, 16, 1.5e-3, "of weights and batches")
    return parser
