"""`face-edit align`: aligned crops of photographs, each with a note for pasting it back."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress, add_faces, add_output_dir, command_parser
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.photo.detector import FaceDetector

EPILOG = """\
examples:
  face-edit align holiday.jpg --output-dir crops
  face-edit align holiday --output-dir crops
  face-edit align party.jpg --all-faces --output-dir crops --size 512

Writes NAME.png and NAME.json, the note that `face-edit paste-back` needs; with --face and --all-faces NAME_1.png and so
on. Faces are numbered from the largest. Photos are only read.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo gave a crop, 1 when some gave none."""
    arguments = _parser().parse_args(argv)
    if not 64 <= arguments.size <= 2048:
        raise BadInput(f"--size {arguments.size} is out of range: choose 64 to 2048.")
    from pipeline.batch.inputs import find_inputs
    from pipeline.photo.detector import open_detector

    folders = any(place.is_dir() for place in arguments.photos)
    with ConsoleProgress() as progress:
        photos = find_inputs(arguments.photos, [arguments.output_dir] if folders else [], progress)
    detector, failed = open_detector(), 0
    for name, path in photos.items():
        try:
            for line in align_photo(name, path, arguments, detector):
                print(line)
        except (BadInput, OSError) as error:
            failed += 1
            reason = error if isinstance(error, BadInput) else f"{path} cannot be used: {error.strerror or error}."
            print(f"face-edit: {reason}", file=sys.stderr)
    return 1 if failed else 0


def align_photo(called: str, path: Path, arguments: argparse.Namespace, detector: "FaceDetector") -> list[str]:
    """Write the requested crops of a photo whose results have this name.

    Returns:
        A line of text for each crop, and for each face that cannot be used.

    Raises:
        BadInput: The photo or every face is unusable, or a crop would replace the photo.
    """
    from pipeline.photo.crop_files import align, store_crop
    from pipeline.photo.faces import usable_faces
    from pipeline.photo.photo import read_photo

    photo = read_photo(path)
    rgb, lines = photo.rgb, list[str]()
    faces = detector.detect(rgb)
    wanted = {called: 1} if arguments.face is None else {f"{called}_{arguments.face}": arguments.face}
    if arguments.all_faces and faces:
        numbers, lines = usable_faces(rgb, faces, path.name)
        wanted = {f"{called}_{number}": number for number in numbers}
        if not wanted:
            raise BadInput(" ".join(lines))
    if any((arguments.output_dir / f"{name}.png").resolve() == path.resolve() for name in wanted):
        raise BadInput(f"The crop of {path} would replace the photo itself: choose another --output-dir.")
    # All are cut before any is written: a crop that cannot be made leaves no half set.
    crops = {name: align(photo, path, faces, arguments.size, number) for name, number in wanted.items()}
    for name, (image, note) in crops.items():
        target = arguments.output_dir / f"{name}.png"
        store_crop(target, image, note)
        beyond = f", {1 - note.inside:.0%} of it beyond the photo's edge" if note.inside < 0.995 else ""
        lines.append(f"{path}: face {note.face} of {note.of}, {note.crop.side:.0f} px wide{beyond} -> {target}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("align", "Find faces in photographs and cut them out as FFHQ does.", EPILOG)
    parser.add_argument(
        "photos", nargs="+", type=Path, metavar="PHOTO", help="photograph of any size, or a folder of them"
    )
    add_output_dir(parser, "crops")
    parser.add_argument("--size", type=int, default=1024, metavar="N", help="side of a crop, pixels (default: 1024)")
    add_faces(parser)
    return parser
