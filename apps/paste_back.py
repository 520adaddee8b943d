"""`face-edit paste-back`: edited crops put back into their photograph."""

import argparse
from dataclasses import replace
from pathlib import Path

from apps.console import add_gps, add_output_dir, command_parser
from pipeline.core.errors import BadInput

EPILOG = """\
examples:
  face-edit paste-back crops/holiday.png run1/images_post_gfp_gan/holiday/Bp_max.png --output-dir results
  face-edit paste-back crops/party_2.png edited.png --photo results/party_1_edited.png --output-dir results

The crop needs its note beside it, as `face-edit align` writes it. What is added to the photo is the difference between
the edited crop and the crop, so that nothing else changes. Results are PNG, which keeps every pixel; the photo is only
read.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every edited crop is back in its photo."""
    arguments = _parser().parse_args(argv)
    from pipeline.core.images import read_image, resize
    from pipeline.photo.crop_files import read_note
    from pipeline.photo.paste import put_back
    from pipeline.photo.photo import read_photo, write_photo

    note = read_note(arguments.crop)
    source = arguments.photo or Path(note.photo)
    if arguments.photo is None and not source.is_file():
        raise BadInput(f"The photo {source} of {arguments.crop} is missing: give its place with --photo.")
    photo = read_photo(source)
    if arguments.photo is None and photo.digest != note.sha256:
        raise BadInput(f"{source} has changed since {arguments.crop} was cut from it: align it again.")
    original = read_image(arguments.crop)
    for path in arguments.edited:
        edited = read_image(path)
        if edited.shape[0] != edited.shape[1]:
            raise BadInput(f"{path} is {edited.shape[1]} x {edited.shape[0]} pixels: an edited crop is a square.")
        size = min(len(original), len(edited))  # enlarging one would show up as blur in the difference
        pixels = put_back(photo, note.crop, resize(original, size), resize(edited, size))
        target = arguments.output_dir / f"{arguments.crop.stem}_{path.stem}.png"
        if target.resolve() == source.resolve():
            raise BadInput(f"{target} would replace the photo itself: choose another --output-dir.")
        recipe = {"crop": arguments.crop.name, "edited": path.name}
        write_photo(target, replace(photo, pixels=pixels, recipe=recipe), arguments.gps)
        print(f"{path} -> {target}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("paste-back", "Put edited crops back into their photograph, at its own resolution.", EPILOG)
    add = parser.add_argument
    add("crop", type=Path, metavar="CROP", help="crop that `face-edit align` wrote, its note beside it")
    add("edited", nargs="+", type=Path, metavar="EDITED", help="edited versions of that crop")
    add_output_dir(parser)
    add("--photo", type=Path, metavar="FILE", help="the photo, if it was moved or has another face edited already")
    add_gps(parser, "the photo")
    return parser
