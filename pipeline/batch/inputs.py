"""Input photos of a batch command: unique names, hashes, outside the folder of the results."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.files import printable, require_local, sha256
from pipeline.core.images import list_images
from pipeline.core.names import counted
from pipeline.core.progress import SILENT, Progress

SHOWN = 5
"""Most names of files that are left out, in one note."""


@dataclass(frozen=True)
class Input:
    """A photo of a batch command: the name of its results, and its file."""

    name: str
    path: Path


def find_inputs(given: Iterable[Path], output_folders: Sequence[Path], progress: Progress = SILENT) -> dict[str, Path]:
    """Photos given as files and folders, by the name of their results (the file's stem), sorted by name.

    Args:
        given: Photos and folders of photos.
        output_folders: Folders of the results.
        progress: Told which files of folders are left out.

    Raises:
        BadInput: No photos, an address, two of one name, photos in a folder of the results, or nothing where the only
            photo or folder should be; one missing photo of several is left to its reader.
    """
    found: dict[str, Path] = {}
    written = {folder.resolve() for folder in output_folders}
    places = list(given)
    for place in places:
        require_local(place)
        if len(places) == 1 and not place.exists():
            raise BadInput(f"There is no folder or photo {place}.")
        paths, others = list_images(place) if place.is_dir() else ([place], [])
        if others:
            progress.note(left_out(others))
        if not paths:
            raise BadInput(f"There are no images in {place}.")
        for path in paths:
            if path.stem in found:
                both = [found[path.stem], path]
                first, second = (one.name for one in both) if both[0].parent == path.parent else map(str, both)
                raise BadInput(f"{first} and {second} would both be called {path.stem}: rename one.")
            # A single photo may have its result beside it, under another suffix.
            if Path(os.path.realpath(path)).parent in written and (place.is_dir() or path.suffix.lower() == ".png"):
                raise BadInput(
                    f"The results cannot go to {path.parent}, where the photos are: choose another --output-dir."
                )
            found[path.stem] = path
    return dict(sorted(found.items()))


def left_out(names: Sequence[str]) -> str:
    """Sentence about the files of a folder that are no images, of which the first ones are named."""
    shown = ", ".join(map(printable, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
    verb = "is" if len(names) == 1 else "are"
    return f"{counted(len(names), 'file')} {verb} no image and left out: {shown}"


def input_digest(*paths: Path) -> str:
    """SHA-256 of a photo and the other files of its results; unreadable ones count as empty."""
    digests = [_digest(path) for path in paths]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest(path: Path) -> str:
    try:
        return sha256(path) if path.is_file() else ""
    except OSError:  # reported when the photo is opened
        return ""
