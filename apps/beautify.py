"""`face-edit beautify`: faces in photographs retouched, everything else of the photographs left as it is."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from apps.progress import progress_bar
from pipeline.core.errors import BadInput, FaceEditError

if TYPE_CHECKING:
    from pipeline.beautify import Beautician
    from pipeline.manifest import Record
    from postprocess.beautify import Settings

EPILOG = """\
examples:
  face-edit beautify holiday --output-dir beautiful
  face-edit beautify anna.jpg --look strong --teeth 0.3 --lip-colour crimson --output-dir beautiful
  face-edit beautify crops --aligned --parser demo --output-dir beautiful

Writes DIR/NAME.png, which keeps every pixel; the photographs are only read. Started again it does what is not finished.
Strengths go from 0, nothing, to 1; looks are natural, strong, evening and classic.
"""

EDIT = "beautify"
"""What the manifest calls the one thing that is done to each photo."""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo was written, 1 when some could not be used."""
    arguments = _parser().parse_args(argv)
    photos = _photos(arguments.photos, arguments.output_dir)
    from pipeline.beautify import EMBEDDED, PHOTOGRAPHS, Beautician, best_parser, open_parser
    from pipeline.core.files import sha256
    from pipeline.core.weights import locate, model_set
    from pipeline.faces import open_detector
    from pipeline.run_folder import RunFolder

    settings = _settings(arguments)
    parser = arguments.parser or best_parser()
    if arguments.parser is None and parser == EMBEDDED:
        print(
            "The embedded parser is used, which only knows rendered portraits: for photographs run "
            f"`face-edit models fetch {PHOTOGRAPHS} parser`."
        )
    beautician = Beautician(
        settings, open_parser(parser, arguments.device), None if arguments.aligned else open_detector()
    )
    with RunFolder(arguments.output_dir) as folder:
        config = {"parser": parser, "aligned": arguments.aligned, "gps": arguments.gps, **settings.model_dump()}
        folder.agree(config, {"parser_sha256": sha256(locate(model_set(parser), "parser"))})
        failed = beautify_all(photos, arguments.output_dir, beautician, arguments.gps)
    return 1 if failed else 0


def beautify_all(photos: Sequence[Path], output_dir: Path, beautician: "Beautician", gps: bool) -> int:
    """Write every photo that is not finished yet, say what is to be said; returns how many failed."""
    from pipeline.core.files import sha256
    from pipeline.manifest import MANIFEST, Manifest, Record

    manifest = Manifest(output_dir / MANIFEST)
    targets = {path: output_dir / f"{path.stem}.png" for path in photos}
    digests = {path: sha256(path) if path.is_file() else "" for path in photos}
    finished = [path for path in photos if targets[path].is_file() and manifest.finished(path.stem, digests[path])]
    manifest.rewrite([path.stem for path in finished])
    failed = 0
    with progress_bar() as move:
        for number, path in enumerate(photos):
            move(path.name, number, len(photos))
            if path in finished:
                continue
            record = Record(path.stem, str(path), digests[path], 1)
            try:
                record = _beautify(path, targets[path], beautician, gps, record)
            except FaceEditError as error:
                failed += 1
                record = replace(record, error=str(error))
                print(f"face-edit: {error}", file=sys.stderr)
            manifest.append([record])
    if finished:
        print(f"{len(finished)} finished before")
    return failed


def _beautify(path: Path, target: Path, beautician: "Beautician", gps: bool, record: "Record") -> "Record":
    from pipeline.photos import read_photo, write_photo

    photo = read_photo(path)
    result, notes = beautician.photo(photo)
    write_photo(target, result, gps)
    faces = 0 if result.recipe is None else result.recipe["faces"]
    said = "".join(f"; {note}" for note in notes)
    print(f"{path}: {faces} {'face' if faces == 1 else 'faces'} -> {target}{said}")
    return replace(record, edit=EDIT, image=target.name, warning="; ".join(notes) or None, scores={"faces": faces})


def _photos(given: Iterable[Path], output_dir: Path) -> list[Path]:
    """Photos, and those of folders; BadInput for none, for two of one name and for results that would replace one."""
    from pipeline.core.images import list_images

    found: dict[str, Path] = {}
    for place in given:
        paths = list_images(place) if place.is_dir() else [place]
        if not paths:
            raise BadInput(f"There are no images in {place}.")
        for path in paths:
            if path.stem in found:
                raise BadInput(f"{found[path.stem]} and {path} would both be called {path.stem}: rename one.")
            if (output_dir / f"{path.stem}.png").resolve() == path.resolve():
                raise BadInput(f"The result of {path} would replace the photo itself: choose another --output-dir.")
            found[path.stem] = path
    return list(found.values())


def _settings(arguments: argparse.Namespace) -> "Settings":
    """The look, changed by the options that were given; a colour without a strength is meant to be seen."""
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
COLOURS = {"eye_colour": "iris", "lip_colour": "lips"}
"""Colours and the strengths that they need."""
SEEN = 0.6
"""Strength of a colour that comes without one."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit beautify",
        description="Retouch the faces of photographs: skin, shadows, teeth, eyes, lips.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="photograph of any size, or a folder")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--look", default="natural", metavar="NAME", help="strengths to begin with (default: natural)")
    for name, text in STRENGTHS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, metavar="0..1", help=text)
    parser.add_argument("--eye-colour", metavar="COLOUR", help="#rrggbb or a CSS name")
    parser.add_argument("--lip-colour", metavar="COLOUR", help="#rrggbb or a CSS name")
    parser.add_argument("--aligned", action="store_true", help="the pictures are crops with one face each")
    parser.add_argument("--parser", metavar="SET", help="model set whose face parser is used (default: the best here)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: %(default)s)")
    parser.add_argument("--gps", action="store_true", help="let the results say where a photo was taken")
    return parser


if __name__ == "__main__":
    from apps.cli import run as run_command

    sys.exit(run_command(main))
