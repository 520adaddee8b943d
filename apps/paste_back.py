"""`face-edit paste-back`: edited crops into the photographs they were cut from."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

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
        raise BadInput(f"The photo {source} of {arguments.crop} is no longer there: say where it is with --photo.")
    photo = read_photo(source)
    if arguments.photo is None and photo.digest != note.sha256:
        raise BadInput(f"{source} has changed since {arguments.crop} was cut from it: align it again.")
    original = read_image(arguments.crop)
    for path in arguments.edited:
        edited = read_image(path)
        if edited.shape[0] != edited.shape[1]:
            raise BadInput(f"{path} is {edited.shape[1]} x {edited.shape[0]} pixels: an edited crop is a square.")
        size = min(len(original), len(edited))  # enlarging either would pass for softening it
        pixels = put_back(photo, note.crop, resize(original, size), resize(edited, size))
        target = arguments.output_dir / f"{arguments.crop.stem}_{path.stem}.png"
        if target.resolve() == source.resolve():
            raise BadInput(f"{target} is the photo itself, which stays as it is: choose another --output-dir.")
        recipe = {"crop": arguments.crop.name, "edited": path.name}
        write_photo(target, replace(photo, pixels=pixels, recipe=recipe), arguments.gps)
        print(f"{path} -> {target}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit paste-back",
        description="Put edited crops back into their photograph, at its own resolution.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("crop", type=Path, metavar="CROP", help="crop that `face-edit align` wrote, its note beside it")
    parser.add_argument("edited", nargs="+", type=Path, metavar="EDITED", help="edited versions of that crop")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--photo", type=Path, metavar="FILE", help="the photo, if it was moved or has another face edited already"
    )
    parser.add_argument("--gps", action="store_true", help="let the results say where the photo was taken")
    return parser


if __name__ == "__main__":
    from apps.console import run as run_command

    sys.exit(run_command(main))
