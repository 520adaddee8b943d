"""`face-edit bench quality | edits | photos | speed | projection | editor`: source of the figures in the README."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, add_device, command_parser
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import RunConfig
    from pipeline.models import Models
    from pipeline.quality.edits import Bench
    from pipeline.quality.judging import Row

EPILOG = """\
examples:
  face-edit bench quality --portraits 20 --output-dir runs/bench
  face-edit bench edits --portraits 20 --output-dir runs/edits --method mine=runs/mine
  face-edit bench photos photos --output-dir runs/bench_photos
  face-edit bench speed --edits 24 --set precision=bfloat16
  face-edit bench projection --portraits 4
  face-edit bench projection --seeded-size 1024 --reference-iterations 20
  face-edit bench editor --runs 3 --edits 200
  face-edit bench editor --set models=ffhq-stylegan2

The editor's window is not shown, unless QT_QPA_PLATFORM says where. On a busy machine its figures say little.
"""

SPEED_EDITS, EDITOR_EDITS = 8, 2000
PORTRAITS, PROJECTED_PORTRAITS = 100, 4


def main(argv: list[str]) -> int:
    """Run the command; 0 also when thresholds are missed: the report names them."""
    args = _arguments().parse_args(argv)
    from rich.console import Console

    from pipeline.config import load_config

    console = Console(highlight=False)
    for option in ("portraits", "runs", "edits"):
        least = 0 if option == "edits" and args.what == "editor" else 1
        if (value := getattr(args, option)) is not None and value < least:
            raise BadInput(f"--{option} is {value}: it must be at least {least}.")
    config = load_config(args.config, args.set)
    if args.what == "editor":
        return _editor(config, args, console)
    if args.what == "photos":
        return _photos(_models(config, args), config, args, console)
    if args.what == "projection":
        return _projection(config, args, console)
    models, portraits = _models(config, args), PORTRAITS if args.portraits is None else args.portraits
    if args.what == "edits":
        from apps.bench.edits import run

        return run(models, config, portraits, args.output_dir, args.method, args.export, console)
    if args.what == "speed":
        from apps.bench.speed import run as time_stages

        return time_stages(models, config, args.edits or SPEED_EDITS, args.against, args.output_dir, console)
    from pipeline.quality.edits import open_bench

    return _quality(open_bench(models, config), portraits, args.output_dir, console)


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


def _photos(models: Models, config: RunConfig, args: argparse.Namespace, console: Console) -> int:
    from rich.progress import track

    from apps.bench.output import RowWriter, rich_table, write_report
    from pipeline.batch.inputs import find_inputs
    from pipeline.core.images import write_image
    from pipeline.photo.faces import choose_face, usable_faces
    from pipeline.photo.photo import read_photo
    from pipeline.quality.photographs import EDITS, Measured, measure, open_photo_bench, sheet, tables

    if args.folder is None:
        raise BadInput("Which photographs? Write `face-edit bench photos FOLDER`.")
    bench, folder = open_photo_bench(models, config), args.output_dir
    writer, faces, failed = RowWriter(folder / "rows.csv"), list[list[Measured]](), 0
    for name, path in track(find_inputs([args.folder], [folder]).items(), "photos", console=console):
        try:
            photo = read_photo(path).rgb
            found = models.detector.detect(photo)
            numbers, left_out = usable_faces(photo, found, path.name)
            if not numbers:
                choose_face(photo, found, path.name, 1)  # says why
            for line in left_out:
                console.print(line)
            for number in numbers:
                face = name if len(found) == 1 else f"{name}_{number}"
                faces.append(list(measure(bench, face, photo, found[number - 1], EDITS)))
                writer.write([one.row for one in faces[-1]])
        except BadInput as error:
            console.print(f"{path.name}: {error}")
            failed = 1
    if not faces:
        raise BadInput(f"No photograph in {args.folder} shows a face that can be edited.")
    report = tables([one.row for each in faces for one in each])
    written = write_report(folder, report, f"Edits of {len(faces)} faces by the {models.set.name} set", "photographs")
    write_image(folder / "sheet.png", sheet(faces))
    console.print(rich_table(report[0]))
    console.print(f"{written}: the same; {folder / 'sheet.png'}: all edits; {writer.path}: every edit of every face")
    return failed


def _projection(config: RunConfig, args: argparse.Namespace, console: Console) -> int:
    from apps.bench.projection import of_seeded, of_set, run
    from pipeline.core.devices import choose_device

    settings = config.projection
    if args.seeded_size:
        nets, images = of_seeded(args.seeded_size, choose_device(args.device))
    else:
        portraits = PROJECTED_PORTRAITS if args.portraits is None else args.portraits
        nets, images = of_set(_models(config, args), portraits, bool(settings.perceptual))
    return run(nets, images, settings, args.reference_iterations, args.output_dir, console)


def _editor(config: RunConfig, args: argparse.Namespace, console: Console) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from apps.editor import check_screen

    check_screen()
    from apps.bench.editor import measure
    from apps.bench.output import rich_table

    with ConsoleProgress() as progress:
        table = measure(config, _models(config, args), args.runs, args.edits or EDITOR_EDITS, progress.step)
    console.print(rich_table(table))
    return 0


def _models(config: RunConfig, args: argparse.Namespace) -> Models:
    from pipeline.models import Models

    return Models(config.models, args.device, config.detector, config.backend, config.backend_of)


def _arguments() -> argparse.ArgumentParser:
    about = (
        "Measure edits against the true counterfactuals of rendered people, compare methods there, measure on your "
        "photographs, or time the pipeline, the projection or the editor's window."
    )
    parser = command_parser("bench", about, EPILOG)
    add = parser.add_argument
    add("what", choices=["quality", "edits", "photos", "speed", "projection", "editor"])
    add("folder", type=Path, nargs="?", help="photographs, for `photos`")
    portraits = f"held-out portraits (default: {PORTRAITS}; of `projection`, samples: {PROJECTED_PORTRAITS})"
    add("--portraits", type=int, help=portraits)
    add("--output-dir", type=Path, default=Path("runs/bench"), help="report (default: %(default)s)")
    add("--method", action="append", default=[], metavar="NAME=FOLDER", help="results of your method, for `edits`")
    add("--export", action="store_true", help="only write the portraits, latents and targets of `edits`")
    add("--runs", type=int, default=5, help="of the editor's timings (default: %(default)s)")
    edits = (
        f"of `editor`, over which memory is watched (default: {EDITOR_EDITS}), or of `speed` (default: {SPEED_EDITS})"
    )
    add("--edits", type=int, help=edits)
    iterations = "of the published schedule, for `projection` (default: %(default)s)"
    add("--reference-iterations", type=int, default=200, help=iterations)
    seeded = "nets of this size with random weights instead of the model set, for `projection`"
    add("--seeded-size", type=int, choices=[256, 512, 1024], metavar="PIXELS", help=seeded)
    add("--against", type=Path, metavar="FOLDER", help="public code to compare with, for `speed`: it is run")
    add_device(parser)
    add("--config", type=Path, help="configuration file, as for run-pipeline")
    add("--set", action="append", default=[], metavar="A.B=C", help="override one setting")
    return parser
