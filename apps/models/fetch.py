"""Download, import and removal of the files of model sets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.model_sets import net_for_photographs
from pipeline.core.names import counted
from pipeline.core.weights import ModelFile, ModelSet, model_set, model_sets, state, weights_folder

if TYPE_CHECKING:
    from pipeline.downloads.fetch import Arrival


def fetch_set(options: argparse.Namespace) -> int:
    """Download the missing files of a set and of those it needs; 0.

    Raises:
        MissingWeights: The last of the files that no source gives; the others are here then.
    """
    from pipeline.downloads.client import require_space
    from pipeline.downloads.fetch import fetch, missing_bytes, wanted_roles
    from pipeline.downloads.package import Wheels

    models = model_set(options.set)
    if models.embedded:
        print(f"{models.name} is part of the package, nothing has to be fetched")
        return 0
    sets = [models] if options.role else [models, *map(model_set, models.also)]
    wanted = [(each, role) for each in sets for role in wanted_roles(each, options.role)]
    missing = [(each, role) for each, role in wanted if state(each, role) != "here"]
    if missing:
        _announce(missing)
        _acknowledge([each.files[role] for each, role in missing], options.accept_licence)
        require_space(weights_folder(), missing_bytes(missing))
    failure: MissingWeights | None = None
    with ConsoleProgress(transfer=True) as progress, Wheels() as wheels:
        for each, role in wanted:
            try:
                arrival = fetch(each, role, progress, wheels=wheels)
            except MissingWeights as error:  # the other files may have sources that answer
                if failure:
                    progress.warn(str(failure))
                failure = error
                continue
            progress.note(f"{role}: {'fetched' if arrival.fetched else 'here'}{_pinned(arrival)}")
    if failure:
        raise failure
    print(f"{', '.join(role for _, role in wanted)}: all in {weights_folder()}")
    return 0


def import_files(options: argparse.Namespace) -> int:
    """Import files of the user: declared ones, or one generator that becomes a set; 0.

    Raises:
        BadInput: A file is not recognised, or --name and --like do not fit the files.
    """
    from pipeline.downloads.import_files import import_generator, place, recognise

    if options.name:
        if len(options.file) != 1:
            raise BadInput("A set has one generator: give a single file with --name.")
        like = options.like or net_for_photographs("generator").models
        models = import_generator(options.file[0], options.name, like)
        print(f"{models.name}: {models.title}, latents of the space {models.space}")
        return 0
    if options.like:
        raise BadInput("--like applies only to a generator of your own: name the new set with --name.")
    for path in options.file:
        models, role = recognise(path)
        file = models.files[role]
        _acknowledge([file], options.accept_licence)
        arrival = place(path, models, role)
        users = [each.name for each in model_sets().values() if file.file in {f.file for f in each.files.values()}]
        print(f"{path}: {role} of {', '.join(users)}{_pinned(arrival)}")
    return 0


def remove_set(options: argparse.Namespace) -> int:
    """Delete the downloaded files of a set; 0."""
    from pipeline.downloads.import_files import remove

    models = model_set(options.set)
    deleted = remove(models)
    for path in deleted:
        print(f"deleted {path}")
    print(f"{models.name}: {counted(len(deleted), 'file')} deleted; files that other sets use stay.")
    return 0


def _pinned(arrival: Arrival) -> str:
    return f"; no hash is declared for it, from now on it is {arrival.sha256}" if arrival.pinned else ""


def _announce(missing: Sequence[tuple[ModelSet, str]]) -> None:
    """Print the files to fetch, their sizes and licences."""
    from rich.filesize import decimal

    for models, role in missing:
        file = models.files[role]
        size = decimal(file.bytes) if file.bytes else "size unknown"
        print(f"{role}: {file.file}, {size}, {file.licence}")
    print(f"into {weights_folder()}", flush=True)


def _acknowledge(files: Sequence[ModelFile], accepted: bool) -> None:
    """Ask once about each licence that forbids commercial use, and store the consent; BadInput when it is refused."""
    from pipeline.downloads.licences import acknowledge, is_acknowledged, require_acknowledged, text

    for file in files:
        if not accepted and not is_acknowledged(file) and sys.stdin.isatty():
            print(f"\n{text(file.notice)}" if file.notice else "")
            answer = input(f"{file.file}: {file.licence}. Will you use it for non-commercial purposes only? [y/N] ")
            if answer.strip().lower() in ("y", "yes"):
                acknowledge(file)
        elif accepted:
            acknowledge(file)
        require_acknowledged(file)
