"""`face-edit train predictor SET CSV IMAGES`: the predictor of the user's own model set, tuned on scored images."""

import argparse
from dataclasses import fields
from pathlib import Path

from apps.console import add_cache_dir, add_device, command_parser
from pipeline.core.errors import BadInput

EPILOG = """\
example:
  face-edit train predictor mine scores.csv crops --minutes 10
"""
MINUTES = 10.0


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for a set that is not the user's own, or a number out of range."""
    args = _arguments().parse_args(argv)
    for name in ("batch_size", "rate", "minutes", "steps"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise BadInput(f"--{name.replace('_', '-')} has to be more than 0.")
    if not 0 <= args.seed < 2**32:
        raise BadInput("--seed has to be from 0 to 4294967295.")
    from rich.console import Console

    from pipeline.models import Models
    from pipeline.training.loop import Budget
    from pipeline.training.set_predictor import PredictorSettings, train_set_predictor

    console = Console(highlight=False, soft_wrap=True)
    models = Models(args.set, args.device)
    settings = PredictorSettings(**{field.name: getattr(args, field.name) for field in fields(PredictorSettings)})
    budget = Budget(MINUTES if args.minutes is None and args.steps is None else args.minutes, args.steps)
    checkpoint = args.work_dir.expanduser() / f"{models.set.space or models.set.name}-predictor.pt"
    table, folder = args.scores.expanduser(), args.images.expanduser()
    made, figures = train_set_predictor(models, table, folder, settings, budget, checkpoint, console.print)
    for name, value in figures.items():
        console.print(f"  {name:28s} {value:8.4f}")
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
    add("--minutes", type=float, help=f"wall time, earlier starts included (default: {MINUTES:g} without --steps)")
    add("--steps", type=int, help="steps, earlier starts included: a reproducible end, unlike minutes")
    add("--batch-size", type=int, default=32, help="images of a step (default: %(default)s)")
    add("--rate", type=float, default=1e-3, help="peak learning rate (default: %(default)s)")
    add("--seed", type=int, default=0, help="of batches and of what is held out (default: %(default)s)")
    add_cache_dir(parser, "--work-dir", "train", "checkpoints")
    add_device(parser)
    return parser
