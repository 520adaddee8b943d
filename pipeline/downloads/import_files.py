"""Files that a user has already: recognised as declared ones and put in place, or a generator that becomes a model set.

The originals are only read; nothing of a file is parsed here before its hash is known to be the declared one.
"""

import shutil
from pathlib import Path

from pipeline.core import digests, user_model_sets
from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.files import cannot_write, move_atomic, sha256
from pipeline.core.model_sets import model_set, model_sets
from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import ModelSet, expected_path, weights_folder
from pipeline.downloads.client import is_page, locked, require_space
from pipeline.downloads.fetch import Arrival, part_path, pin
from pipeline.downloads.licences import require_acknowledged
from pipeline.downloads.own_sets import OwnSet, declare


def recognise(path: Path) -> tuple[ModelSet, str]:
    """The first set and role that the file is for: by its hash, or by its name where no hash is declared.

    Raises BadInput when it is none of the declared files, or has the name of one without being it.
    """
    if not path.is_file():
        raise BadInput(f"{path} is no file.")
    size, digest, namesake = path.stat().st_size, "", None
    for models in model_sets().values():
        for role, file in models.files.items():
            if file.file is None:
                continue
            if file.sha256 is not None and file.bytes in (None, size):
                digest = digest or sha256(path)
                if file.sha256 == digest:
                    return models, role
            if path.name in (file.file, *(str(source).rsplit("/", 1)[-1] for source in file.sources)):
                namesake = namesake or (models, role)
    if namesake is None:
        raise BadInput(
            f"{path} is none of the declared files; a generator of your own is imported with --name NAME --like SET."
        )
    file = namesake[0].files[namesake[1]]
    known = file.sha256 or digests.noted(expected_path(file))
    if file.bytes not in (None, size):
        raise BadInput(f"{path} has the name of {file.file} and {size} bytes instead of {file.bytes}: it is damaged.")
    if known not in (None, digest or sha256(path)):
        raise BadInput(f"{path} has the name of {file.file} and another SHA-256 than {known}: it is damaged.")
    return namesake


def place(path: Path, models: ModelSet, role: str, progress: Progress = SILENT) -> Arrival:
    """A copy of a recognised file in the weights folder, checked once more after it was copied.

    Raises BadInput when its licence is not acknowledged, it is a web page, it changes meanwhile or the disk is full.
    """
    file = models.files[role]
    require_acknowledged(file)
    with path.open("rb") as opened:
        if is_page(opened.read(64)):
            raise BadInput(f"{path} is a web page: what you downloaded was not the file itself.")
    digest, target = sha256(path), expected_path(file)
    with locked(target, progress):
        if not target.exists() or not target.samefile(path):
            require_space(target.parent, path.stat().st_size)
            part = part_path(target)
            try:
                shutil.copyfile(path, part)
                if sha256(part) != digest:
                    raise BadInput(f"{path} changes while it is read: import it again.")
                move_atomic(part, target)
            except OSError as error:
                raise cannot_write(target, error) from error
            finally:
                part.unlink(missing_ok=True)
        return Arrival(target, digest, fetched=True, pinned=pin(target, digest, file))


def import_generator(path: Path, name: str, like: str) -> ModelSet:
    """Make a model set called `name` of a generator that somebody trained; its other files are those of the set `like`.

    Raises BadInput when the name is taken or the file is no generator.
    """
    from projection.converters.convert import read_generator

    user_model_sets.safe_name(name, "a model set")
    if name in model_sets():
        raise BadInput(f"There is a model set {name} already: choose another name, or remove that set first.")
    base = model_set(like)
    if not base.space:
        raise BadConfig(f"Model set {like} has no generator: choose one with a generator for --like.")
    converted = read_generator(path)
    resolution = int(converted.config["resolution"])
    return declare(OwnSet(name, base, f"{path.name}, {resolution} px"), converted.state, converted.config)


def remove(models: ModelSet) -> list[Path]:
    """Delete the downloaded files of a set, and the set when it is the user's own; returns what was deleted.

    A file stays that another set needs of which something else is here. Raises BadInput for an embedded set.
    """
    if models.embedded:
        raise BadInput(f"The files of {models.name} are part of the package and cannot be removed.")
    own = {file.file for file in models.files.values() if file.file}
    needed: set[str | None] = set()
    for other in model_sets().values():
        files = {file.file for file in other.files.values() if file.file}
        if other.name != models.name and any((weights_folder() / name).is_file() for name in files - own):
            needed |= files
    deleted = []
    for name in sorted(own - needed):
        path = weights_folder() / name
        with locked(path, SILENT):
            for each in (path, part_path(path), digests.note_path(path)):
                if each.is_file():
                    each.unlink()
                    deleted.append(each)
    with locked(weights_folder() / user_model_sets.FILE, SILENT):
        declared = user_model_sets.read(weights_folder())
        if declared.pop(models.name, None) is not None:
            user_model_sets.write(weights_folder(), declared)
    return deleted
