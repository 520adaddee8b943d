"""Results of other people's methods: a folder with images/PORTRAIT/EDIT.png."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image
from pipeline.core.types import Image

IMAGES = "images"


def image_of(folder: Path, portrait: str, edit: str) -> Path:
    """Image of an edit of a portrait."""
    return folder / IMAGES / portrait / f"{edit}.png"


def check(method: str, folder: Path, targets: Mapping[str, Sequence[str]], table: Path) -> None:
    """Raise BadInput for a method that lacks an image.

    Args:
        targets: Edits by portrait.
        table: File that lists them, for the message.
    """
    wanted = [image_of(folder, portrait, edit) for portrait, edits in targets.items() for edit in edits]
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise BadInput(
            f"The method {method} lacks {len(missing)} of {len(wanted)} images, the first one is {missing[0]}: "
            f"make one for each line of {table}."
        )


def read_images(folder: Path, portrait: str, edits: Sequence[str], size: int) -> list[Image]:
    """Images uint8 (size, size, 3) of a portrait's edits; raises BadInput for another size."""
    images = []
    for edit in edits:
        path = image_of(folder, portrait, edit)
        image = read_image(path)
        height, width = image.shape[:2]
        if (height, width) != (size, size):
            raise BadInput(f"{path} is {width} x {height} pixels: make it as large as the portraits, {size} x {size}.")
        images.append(image)
    return images
