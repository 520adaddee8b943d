"""`face-edit train predictor SET CSV IMAGES`: the predictor of the user's own model set, tuned on scored images."""

import argparse
from dataclasses import fields
from pathlib import Path

from apps.console import command_parser
from apps.train.set_options import add_batches, add_budget, check, checkpoint_path, chosen_budget, show

EPILOG = """\
example:
  face-edit train predictor mine scores.csv crops --minutes 10
"""
MINUTES = 10.0


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a set that is not the user's own, or a number out of range."""
    args = _arguments().parse_args(argv)
    check(args)
    from rich.console import Console

    from pipeline.models import Models
    from pipeline.training.set_predictor import PredictorSettings, train_set_predictor

    console = Console(highlight=False, soft_wrap=True)
    models = Models(args.set, args.device)
    settings = PredictorSettings(**{field.name: getattr(args, field.name) for field in fields(PredictorSettings)})
    table, folder = args.scores.expanduser(), args.images.expanduser()
    budget, checkpoint = chosen_budget(args, MINUTES), checkpoint_path(args, models, "predictor")
    made, figures = train_set_predictor(models, table, folder, settings, budget, checkpoint, console.print)
    show(console, figures)
    console.print(f"{made.name}: calibrate with it: `face-edit directions extract --models {made.name}`")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command_parser(
        "train predictor",
        "Tune the attribute predictor of a model set of your own on scored images, its other attributes kept as they "
        "are; a killed training continues where it stood, a finished one when it is given more --minutes or --steps.",
        EPILOG,
    )
    add = parser.add_argument
    add("set", help="model set of your own, as `train generator` makes")
    add(
        "scores",
        type=Path,
        metavar="CSV",
        help="column name, the image's file, and columns called as attributes' codes",
    )
    add("images", type=Path, metavar="FOLDER", help="folder of the images, squares as `face-edit align` makes")
    add_budget(parser, MINUTES)
    add_batches(parser, 32, 1e-3, "of batches and of what is held out")
    return parser
