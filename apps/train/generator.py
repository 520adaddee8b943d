"""`face-edit train generator FOLDER ...`: a generator of the user's own aligned images, as a model set."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, add_device, add_output_dir, command_parser
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.training.gan.settings import FEATURES, LARGEST, SMALLEST, GanSettings

if TYPE_CHECKING:
    import torch

EPILOG = """\
examples:
  face-edit train generator crops --output-dir runs/mine --resolution 64 --kimg 200
  face-edit train generator hats --output-dir runs/hats --from demo --resolution 64 --minutes 10
  torchrun --nproc-per-node 4 -m apps.cli train generator crops --output-dir runs/mine --resolution 256 --batch-size 32
"""
NUMBERS = {
    "resolution": "side of the images in training, a power of two from 32",
    "batch_size": "images of a step",
    "rate": "Adam's learning rate",
    "width": "channels at the full resolution, doubled towards the coarse layers",
    "max_width": "channels at most",
    "style_dim": "dimension of the latents",
    "n_mlp": "layers of the mapping network",
    "discriminator_width": "channels of the discriminator as a share of the generator's",
    "ada_target": "overfitting at which the augmentation grows, 0 for no augmentation",
    "freeze_d": "finest blocks of the discriminator that stay as they are",
    "warm_up": "thousands of images for a fresh discriminator before a loaded generator moves",
    "seed": "of weights, batches and latents",
}
"""Help of the options that are numbers of `GanSettings`."""


def main(argv: list[str]) -> int:
    """Run the command; 0. Raises BadInput for images or numbers that cannot be used."""
    args = _arguments().parse_args(argv)
    settings = _settings(args)
    from pipeline.core.devices import choose_device
    from pipeline.training.gan import parallel

    with parallel.joined(choose_device(args.device)) as device:
        if parallel.rank():
            return _train(args, settings, device, SILENT)
        with ConsoleProgress() as progress:
            return _train(args, settings, device, progress)


def _train(args: argparse.Namespace, settings: GanSettings, device: "torch.device", progress: Progress) -> int:
    from pipeline.training.gan.loop import Schedule
    from pipeline.training.gan.train import Job, train_generator

    folder = args.output_dir.expanduser()
    job = Job(
        folders=tuple(path.expanduser() for path in args.images),
        folder=folder,
        name=args.name or folder.resolve().name,
        start_from=args.start_from,
        like=args.like or args.start_from or "demo",
    )
    features = FEATURES[args.features]
    schedule = Schedule(args.kimg, args.minutes, args.sample_every, args.measure_every, args.measured, features)
    models = train_generator(job, settings, schedule, device, progress)
    if models is not None:
        print(f"{models.name}: {models.title}, in `face-edit models list {models.name}`; card and samples in {folder}")
    return 0


def _settings(args: argparse.Namespace) -> GanSettings:
    size = args.resolution
    if size & (size - 1) or not SMALLEST <= size <= LARGEST:
        raise BadInput(f"--resolution {size} is no power of two from {SMALLEST} to {LARGEST}.")
    if args.kimg is None and args.minutes is None:
        raise BadInput("Say when to stop: with --kimg, --minutes or both.")
    for name in ("batch_size", "width", "max_width", "style_dim", "n_mlp"):
        if getattr(args, name) < 1:
            raise BadInput(f"--{name.replace('_', '-')} has to be at least 1.")
    for name in ("rate", "discriminator_width", "sample_every", "kimg", "minutes", "measure_every"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise BadInput(f"--{name.replace('_', '-')} has to be more than 0.")
    for name in ("freeze_d", "warm_up", "measured", "seed"):
        if not 0 <= getattr(args, name) < float("inf"):
            raise BadInput(f"--{name.replace('_', '-')} has to be at least 0.")
    if args.seed >= 2**32:
        raise BadInput("--seed has to be less than 4294967296.")
    if not 0 <= args.ada_target < 1:
        raise BadInput("--ada-target has to be at least 0 and less than 1.")
    if args.measured == 1:
        raise BadInput("--measured takes at least 2 pictures, or 0 for none.")
    return GanSettings(**{field.name: getattr(args, field.name) for field in fields(GanSettings)})


def _arguments() -> argparse.ArgumentParser:
    usual = GanSettings()
    parser = command_parser(
        "train generator",
        "Train a StyleGAN2 generator on aligned images, from nothing or from a model set, and make a model set of it; "
        "a killed training continues where it stood, a finished one when it is given more --kimg or --minutes.",
        EPILOG,
    )
    add = parser.add_argument
    add("images", nargs="+", type=Path, metavar="FOLDER", help="folder of square images, as `face-edit align` makes")
    add_output_dir(parser, "checkpoint, samples, log and card")
    add("--name", help="name of the model set (default: that of the folder)")
    add("--from", dest="start_from", metavar="SET", help="model set whose generator is tuned (default: random weights)")
    add("--like", metavar="SET", help="set whose other nets go with the generator (default: that of --from, else demo)")
    add("--kimg", type=float, help="thousands of images to train on, earlier starts included")
    add("--minutes", type=float, help="minutes of training, earlier starts included, samples and measurements not")
    for name, text in NUMBERS.items():
        value = getattr(usual, name)
        option = f"--{name.replace('_', '-')}"
        add(option, type=type(value), default=value, help=f"{text} (default: %(default)s)")
    add("--no-mirror", dest="mirror", action="store_false", help="never show an image mirrored")
    add("--no-elastic", dest="elastic", action="store_false", help="train the full width and resolution alone")
    add("--sample-every", type=float, default=1.0, help="thousands of images between sample grids (default: 1)")
    add("--measure-every", type=float, help="thousands of images between measurements (default: first and last step)")
    add("--measured", type=int, default=2000, help="pictures of a measurement, 0 for none (default: %(default)s)")
    add(
        "--features",
        choices=FEATURES,
        default="predictor",
        help="what FID and KID are measured on: the embedded predictor, or Inception as in papers, which needs "
        "`pip install torch-fidelity` and `face-edit models fetch inception` (default: %(default)s)",
    )
    add_device(parser)
    return parser
