"""Atomic writes: a file is complete or absent, and a killed process leaves the old file unchanged."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.core.errors import BadInput

SPARE = 64 * 2**20
"""Bytes of a disk that stay free."""


def write_atomic(path: Path | str, data: bytes) -> None:
    """Write `data` to `path`, complete and durable; makes missing folders, raises BadInput as `atomic_file`."""
    with atomic_file(path) as file:
        file.write(data)


@contextmanager
def atomic_file(path: Path | str) -> Iterator[BinaryIO]:
    """A temporary file beside `path`, synced and renamed to it at the end of the block; makes missing folders.

    Raises:
        BadInput: Full disk, no permission, a folder of that name; no partial file is left.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not the whole name: a name may be as long as the file system allows.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:16]}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def move_atomic(source: Path, target: Path) -> None:
    """Rename a complete file within its folder, durably, replacing the target; raises BadInput if that fails."""
    try:
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error


def remove(path: Path) -> None:
    """Delete a file if it is there; BadInput when that is not possible."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def is_file(path: Path) -> bool:
    """Whether there is such a file; False also for a name that no file can have."""
    try:
        return path.is_file()
    except OSError:
        return False


def json_bytes(value: Any, indent: int | None = None) -> bytes:
    """JSON in UTF-8, with a line end; what UTF-8 cannot hold, such as bytes of a file's name, is escaped."""
    try:
        return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(value, indent=indent) + "\n").encode()


def address_of(path: Path) -> str | None:
    """The address that a path was made of, such as s3://bucket/photos of s3:/bucket/photos; None for a path."""
    scheme = path.parts[0] if path.parts else ""
    if not scheme.endswith(":") or len(scheme) <= len("C:") or path.exists():
        return None
    return f"{scheme}//{'/'.join(path.parts[1:])}"


def cache_folder(name: str) -> Path:
    """Folder `name` in the user's cache of this program; what lies there can be made again."""
    from platformdirs import user_cache_path

    return user_cache_path("face-edit") / name


def require_local(path: Path) -> None:
    """Raise BadInput for an address, which would otherwise name a folder, such as `s3:`."""
    if (address := address_of(path)) is not None:
        raise BadInput(f"{address} is an address: mount it, and give its folder.")


def printable(text: str) -> str:
    """Text for people: bytes of a file's name that are no UTF-8 as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def cannot_write(path: Path | str, error: OSError) -> BadInput:
    """The error for a file that could not be written, to be raised from `error`."""
    if error.errno == errno.ENOSPC:
        return BadInput(f"The disk is full: {path} could not be written, free some space and start again.")
    return BadInput(f"Cannot write {path}: {error.strerror or error}.")


def require_space(folder: Path, count: int, setting: str) -> None:
    """Make a folder where it does not exist; BadInput when `count` more bytes do not fit on its disk.

    Args:
        folder: The folder to write to.
        count: Bytes to come.
        setting: The option or variable that names another folder, for the sentence.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise cannot_write(folder, error) from error
    if count + SPARE > free:
        raise BadInput(
            f"{folder} has room for {max(free - SPARE, 0) / 1e9:.1f} GB and {count / 1e9:.1f} GB are to come: "
            f"free some space, or name another folder in {setting}."
        )


def sha256(path: Path | str) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0o022)  # it can only be read by setting it
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    if os.name == "nt":  # which cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
