"""The user's own sliders: one direction file each, in a folder for every latent space."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.core.attributes import own_directions
from pipeline.core.errors import FaceEditError
from pipeline.core.files import remove
from pipeline.core.own_attributes import free_code
from projection.direction_file import SUFFIX, Direction, read_direction, write_direction
from projection.translations import require_space

Shape = tuple[str, int, int]
"""Name of the latent space, n_style, dim."""


def library_folder(space: str) -> Path:
    """Folder of the own sliders of a space."""
    from platformdirs import user_data_path

    return user_data_path("face-edit") / "sliders" / space


def slider_file(direction: Direction) -> Path:
    """File of an own slider."""
    return library_folder(direction.space) / f"{direction.code}{SUFFIX}"


def open_slider(path: Path, space: Shape) -> Direction:
    """Direction of a file, checked.

    Raises:
        BadInput: A file that cannot be read, or a region that names an unknown part of the face.
        SpaceMismatch: Another latent space.
    """
    from postprocess.labels import require_parts

    direction = read_direction(path)
    rule = direction.attribute.segmentation
    require_parts(rule.parts if rule.parts is not None else rule.all_but or ())
    require_space(direction.translations(), *space)
    return direction


def read_library(space: Shape) -> tuple[dict[str, Direction], list[str]]:
    """Own sliders by code, made known; and a sentence for each file that cannot be used."""
    found: dict[str, Direction] = {}
    problems = []
    for path in sorted(library_folder(space[0]).glob(f"*{SUFFIX}")):
        try:
            direction = open_slider(path, space)
            direction.know(path)
            found[direction.code] = direction
        except FaceEditError as error:
            problems.append(str(error))
    return found, problems


def keep_slider(direction: Direction) -> Direction:
    """The direction, written to its folder and known; under a free code if another direction has its code."""
    from dataclasses import replace

    known = own_directions().get(direction.code)
    if known is not None and known.digest != direction.digest:
        direction = direction.renamed(replace(direction.attribute, code=free_code(direction.code)))
    path = slider_file(direction)
    write_direction(path, direction)
    direction.know(path)
    return direction


def unopened(codes: Iterable[str], own: Iterable[str]) -> Iterator[str]:
    """Titles of the own directions among `codes` that are not among the sliders `own`."""
    known, present = own_directions(), set(own)
    return (known[code].attribute.title for code in dict.fromkeys(codes) if code in known and code not in present)


def remove_slider(direction: Direction) -> None:
    """Delete the file of a slider; raises BadInput if that fails."""
    remove(slider_file(direction))
