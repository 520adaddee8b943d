"""SHA-256 of downloaded files, noted beside them as `sha256sum` writes it: a file is hashed once and not in every run.

The note is also the pin of a file that is declared without a hash: what was there first is what has to be there later.
"""

import contextlib
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.files import sha256, write_atomic

SUFFIX = ".sha256"


def note_path(path: Path) -> Path:
    """Where the hash of a file is noted."""
    return path.with_name(path.name + SUFFIX)


def noted(path: Path) -> str | None:
    """The hash that was noted for a file, whether or not it still has it; None when there is no readable note."""
    try:
        digest = note_path(path).read_text(encoding="ascii").split()[0]
        return digest if len(bytes.fromhex(digest)) == 32 else None
    except (OSError, ValueError, IndexError):
        return None


def note(path: Path, digest: str) -> None:
    """Note the hash of a file. A folder that cannot be written to costs time in the next run, and nothing else."""
    with contextlib.suppress(BadInput):
        write_atomic(note_path(path), f"{digest}  {path.name}\n".encode())


def current(path: Path) -> str:
    """Hash of a file as it is now: the noted one when nothing happened to the file since, else read from all of it."""
    digest = noted(path)
    return digest if digest is not None and _unchanged(path) else sha256(path)


def matches(path: Path, digest: str) -> bool:
    """Whether a file has this hash; notes it when it has and was read."""
    if noted(path) == digest and _unchanged(path):
        return True
    if sha256(path) != digest:
        return False
    note(path, digest)
    return True


def _unchanged(path: Path) -> bool:
    # A file that was moved here keeps its old modification time, but not its change time.
    stat = path.stat()
    return max(stat.st_mtime_ns, stat.st_ctime_ns) <= note_path(path).stat().st_mtime_ns
