"""Input photos of a batch command: unique names, hashes, outside the folder of the results."""

import hashlib
import os
from collections import Counter
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
    """Photos given as files and folders, by the name of their results, sorted by name.

    That is the file's name without its suffix, and with it where two photos would have the same name.

    Args:
        given: Photos and folders of photos.
        output_folders: Folders of the results.
        progress: Told which files of folders are left out.

    Raises:
        BadInput: No photos, an address, two of one name and suffix, photos in a folder of the results, or nothing where
            the only photo or folder should be; one missing photo of several is left to its reader.
    """
    given_paths: list[Path] = []
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
            # A single photo may have its result beside it, under another suffix.
            if Path(os.path.realpath(path)).parent in written and (place.is_dir() or path.suffix.lower() == ".png"):
                raise BadInput(
                    f"The results cannot go to {path.parent}, where the photos are: choose another --output-dir."
                )
        given_paths += paths
    return dict(sorted(_named(given_paths, progress).items()))


def _named(paths: Sequence[Path], progress: Progress) -> dict[str, Path]:
    """Photos by the names of their results; raises BadInput for two of one name and suffix."""
    stems = Counter(path.stem for path in paths)
    found: dict[str, Path] = {}
    for path in paths:
        name = path.stem if stems[path.stem] == 1 else path.name
        if name in found:
            raise BadInput(f"{found[name]} and {path} would both be called {name}: rename one.")
        found[name] = path
    longer = [path.name for name, path in found.items() if name != path.stem]
    if longer:
        progress.note(f"Results of photos that differ in their suffix alone are called as the files: {_first(longer)}")
    return found


def left_out(names: Sequence[str]) -> str:
    """Sentence about the files of a folder that are no images, of which the first ones are named."""
    verb = "is" if len(names) == 1 else "are"
    return f"{counted(len(names), 'file')} {verb} no image and left out: {_first(names)}"


def _first(names: Sequence[str]) -> str:
    """The first names, and dots for the others."""
    return ", ".join(map(printable, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")


def input_digest(*paths: Path) -> str:
    """SHA-256 of a photo and the other files of its results; unreadable ones count as empty."""
    digests = [_digest(path) for path in paths]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest(path: Path) -> str:
    try:
        return sha256(path) if path.is_file() else ""
    except OSError:  # reported when the photo is opened
        return ""
