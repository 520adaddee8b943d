"""`face-edit beautify`: retouch of the faces in photographs; other pixels stay unchanged."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import (
    DEVICES,
    ConsoleProgress,
    add_device,
    add_engine,
    add_faces,
    add_gps,
    add_output_dir,
    at_hand,
    chosen_cluster,
    command_parser,
)
from pipeline.core.errors import BadInput
from pipeline.core.names import counted
from postprocess.beauty import COLOURS, SEEN

if TYPE_CHECKING:
    from pipeline.batch.manifest import Record
    from postprocess.steps.beautify import Settings

EPILOG = """\
examples:
  face-edit beautify holiday --output-dir beautiful
  face-edit beautify anna.jpg --look strong --teeth 0.3 --lip-colour crimson --output-dir beautiful
  face-edit beautify crops --aligned --parser demo --output-dir beautiful

Writes DIR/NAME.png, which keeps every pixel; the photographs are only read. Started again it does what is not finished.
Strengths go from 0, nothing, to 1; looks are natural, strong, evening and classic.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo was written, 1 when some could not be used."""
    arguments = _parser().parse_args(argv)
    with at_hand(arguments, "photos"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    cluster = chosen_cluster(arguments)
    from pipeline.beautify import RetouchJob, best_parser
    from pipeline.beautify.run import beautify_all
    from pipeline.core.model_sets import embedded_note

    settings = _settings(arguments)
    if arguments.aligned and (arguments.all_faces or arguments.face is not None):
        raise BadInput("An aligned picture shows one face: leave out --face and --all-faces, or --aligned.")
    job = RetouchJob(settings, arguments.parser or best_parser(), arguments.device, arguments.aligned, arguments.face)
    retoucher = job.open()
    if (note := embedded_note("parser", job.parser, "parser")) is not None:
        print(f"face-edit: {note}", file=sys.stderr)

    def tell(record: "Record") -> None:
        if record.error is not None:
            print(f"face-edit: {record.error}", file=sys.stderr)
            return
        faces = counted(int(record.scores["faces"]), "face")
        warning = f"; {record.warning}" if record.warning else ""
        result = arguments.output_dir / str(record.image)
        print(f"{record.source}: {faces} -> {result}{warning}")

    with ConsoleProgress() as progress:
        outcome = beautify_all(
            arguments.photos,
            arguments.output_dir,
            retoucher,
            job.identity(),
            arguments.gps,
            tell,
            progress,
            (cluster, job) if cluster else None,
        )
    done = [records[0] for records in outcome.records.values() if records[0].error is None]
    faces = counted(sum(int(record.scores["faces"]) for record in done), "face")
    before = f", {outcome.before} finished before" if outcome.before else ""
    print(f"{faces} in {counted(len(done), 'photo')}{before} -> {arguments.output_dir}")
    return outcome.exit_code


def _settings(arguments: argparse.Namespace) -> "Settings":
    """Settings of the look with the given options; a colour without a strength gets a visible one."""
    from pipeline.beautify import settings_of

    changes = {name: value for name in (*STRENGTHS, *COLOURS) if (value := getattr(arguments, name)) is not None}
    settings = settings_of(arguments.look, changes)
    for colour, strength in COLOURS.items():
        if colour in changes and strength not in changes and getattr(settings, strength) == 0:
            changes[strength] = SEEN
    return settings_of(arguments.look, changes)


STRENGTHS = {
    "enhance": "clearer light and detail of the whole face",
    "smooth": "smoother skin; pores and edges stay",
    "under_eyes": "lighter shadows under the eyes",
    "teeth": "whiter teeth",
    "eyes": "a whiter white of the eyes",
    "iris": "irises in --eye-colour",
    "lips": "lips in --lip-colour",
}


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("beautify", "Retouch the faces of photographs: skin, shadows, teeth, eyes, lips.", EPILOG)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="photograph of any size, or a folder")
    add_output_dir(parser)
    parser.add_argument("--look", default="natural", metavar="NAME", help="strengths to begin with (default: natural)")
    for name, text in STRENGTHS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, metavar="0..1", help=text)
    parser.add_argument("--eye-colour", metavar="COLOUR", help="#rrggbb or a CSS name")
    parser.add_argument("--lip-colour", metavar="COLOUR", help="#rrggbb or a CSS name")
    parser.add_argument("--aligned", action="store_true", help="the pictures are crops with one face each")
    parser.add_argument("--parser", metavar="SET", help="model set whose face parser is used (default: the best here)")
    add_faces(parser, "every face")
    add_device(parser, DEVICES)
    add_gps(parser)
    add_engine(parser)
    return parser
