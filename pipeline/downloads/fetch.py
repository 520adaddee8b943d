"""Brings declared files into the weights folder: whichever source still answers, checked before anything parses them.

Two processes that want the same file fetch it once. What a break leaves is a hidden `.NAME.part`, continued next time.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.core import digests
from pipeline.core.errors import MissingWeights
from pipeline.core.files import move_atomic, sha256
from pipeline.core.model_sets import PackageSource
from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import ModelFile, ModelSet, expected_path, locate, state
from pipeline.downloads.client import RetryPolicy, SourceFailed, locked, open_client
from pipeline.downloads.http import Transfer
from pipeline.downloads.licences import require_acknowledged
from pipeline.downloads.package import Wheels

OFFLINE_VARIABLE = "FACE_EDIT_OFFLINE"


@dataclass(frozen=True)
class Arrival:
    """A file in its place. `fetched`: it was not here before · `pinned`: no hash is declared, this one counts."""

    path: Path
    sha256: str
    fetched: bool
    pinned: bool


def wanted_roles(models: ModelSet, roles: Sequence[str] = ()) -> list[str]:
    """The roles named, or all that are not optional, one for each file and none for embedded ones.

    Raises MissingWeights for a role that the set does not have.
    """
    for role in roles:
        if role not in models.files:
            raise MissingWeights(f"Model set {models.name} has no {role}; it has {', '.join(models.files)}.")
    chosen = roles or [role for role, file in models.files.items() if not file.optional]
    by_file = {models.files[role].file: role for role in reversed(chosen) if models.files[role].file}
    return list(reversed(by_file.values()))


def missing_bytes(files: Sequence[tuple[ModelSet, str]]) -> int:
    """Bytes that are still to come for these roles of sets, as far as sizes are declared."""
    left = 0
    for models, role in files:
        if state(models, role) != "here":
            part = part_path(expected_path(models.files[role]))
            left += max((models.files[role].bytes or 0) - (part.stat().st_size if part.exists() else 0), 0)
    return left


def fetch(
    models: ModelSet,
    role: str,
    progress: Progress = SILENT,
    patience: RetryPolicy | None = None,
    wheels: Wheels | None = None,
) -> Arrival:
    """The file for `role`, fetched when it is not here or not what it should be.

    `wheels` is shared by the files of one round of downloads. Raises MissingWeights when no source gives it or
    FACE_EDIT_OFFLINE is set; BadInput when its licence is not acknowledged, the disk is full or the proxy is of no use.
    """
    file = models.files[role]
    path = expected_path(file)
    if file.path is not None:
        return Arrival(locate(models, role), sha256(path), fetched=False, pinned=False)
    if here := _present(models, role):
        return here
    with locked(path, progress):
        if here := _present(models, role):  # another process was faster
            return here
        if path.is_file():
            progress.note(f"{path} is not the declared file and will be replaced.")
        _require_possible(models, role)
        part = part_path(path)
        with nullcontext(wheels) if wheels else Wheels() as opened:
            digest = _from_any_source(models, role, part, progress, patience or RetryPolicy(), opened)
        move_atomic(part, path)
        return Arrival(path, digest, fetched=True, pinned=pin(path, digest, file))


def pin(path: Path, digest: str, file: ModelFile) -> bool:
    """Note the hash of a file in its place; whether that pins it, since no hash is declared."""
    digests.note(path, digest)
    return file.sha256 is None


def part_path(path: Path) -> Path:
    """Where a file lies until it is whole and checked."""
    return path.with_name(f".{path.name}.part")


def is_offline() -> bool:
    """Whether the user forbids looking for anything on the network."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def _present(models: ModelSet, role: str) -> Arrival | None:
    try:
        path = locate(models, role)
    except MissingWeights:
        return None
    digest = digests.current(path)
    return Arrival(path, digest, fetched=False, pinned=pin(path, digest, models.files[role]))


def _require_possible(models: ModelSet, role: str) -> None:
    file = models.files[role]
    if not file.sources:
        raise MissingWeights(f"The {role} of model set {models.name} is published nowhere: import it again.")
    require_acknowledged(file)
    if is_offline():
        raise MissingWeights(
            f"The {role} of model set {models.name} is not here and {OFFLINE_VARIABLE} is set: unset it, or import a "
            "copy with `face-edit models import FILE`."
        )


def _from_any_source(
    models: ModelSet, role: str, part: Path, progress: Progress, patience: RetryPolicy, wheels: Wheels
) -> str:
    """Hash of `part`, once the first source that has the file filled it."""
    file = models.files[role]
    known = file.sha256 or digests.noted(expected_path(file))
    reasons = []
    if known is None:
        part.unlink(missing_ok=True)  # of which source it is a part, nobody could tell
    with open_client(patience) as client:
        for source in file.sources:
            bring: Callable[[], None]
            if isinstance(source, PackageSource):
                name, bring = source.requirement, partial(wheels.extract, source, part, progress)
            else:
                name = str(urlsplit(source).hostname)
                bring = Transfer(client, source, part, file.bytes, known is not None, progress, patience).run
            try:
                return _checked(bring, part, known)
            except SourceFailed as failed:
                reasons.append(f"{name} {failed}")
                progress.note(f"{source} {failed}.")
    what = f"The {role} of model set {models.name} could not be fetched ({'; '.join(reasons)})"
    if models.instead:
        raise MissingWeights(
            f"{what}: its sources are reported gone, take the set {models.instead} instead and run "
            f"`face-edit models fetch {models.instead}`."
        )
    if known is not None and file.sha256 is None:
        raise MissingWeights(
            f"{what}: to accept another file than before, remove {digests.note_path(expected_path(file))}."
        )
    raise MissingWeights(
        f"{what}: try again later, or get {file.file} elsewhere and run `face-edit models import {file.file}`."
    )


def _checked(bring: Callable[[], None], part: Path, known: str | None) -> str:
    """Hash of what `bring` fills `part` with: `known`, where it is; what was continued is fetched anew if not."""
    continued = part.exists()
    bring()
    digest = sha256(part)
    if known in (None, digest):
        return digest
    part.unlink()
    if continued:
        return _checked(bring, part, known)
    raise SourceFailed(f"gives another file, its SHA-256 is {digest}")
