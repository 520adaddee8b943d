"""SHA-256 of downloaded files, stored beside them in the format of `sha256sum`: a file is hashed once, not in each run.

For a file that is declared without a hash, the stored one of the first download is the pin.
"""

import contextlib
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.files import sha256, write_atomic

SUFFIX = ".sha256"


def note_path(path: Path) -> Path:
    """Path of the stored hash of a file."""
    return path.with_name(path.name + SUFFIX)


def noted(path: Path) -> str | None:
    """The stored hash of a file, whether or not it is current; None without a readable one."""
    try:
        digest = note_path(path).read_text(encoding="ascii").split()[0]
        return digest if len(bytes.fromhex(digest)) == 32 else None
    except (OSError, ValueError, IndexError):
        return None


def note(path: Path, digest: str) -> None:
    """Store the hash of a file; in a read-only folder the file is hashed again in the next run."""
    with contextlib.suppress(BadInput):
        write_atomic(note_path(path), f"{digest}  {path.name}\n".encode())


def current(path: Path) -> str:
    """Current hash of a file: the stored one if the file is unchanged since, else computed."""
    digest = noted(path)
    return digest if digest is not None and _unchanged(path) else sha256(path)


def matches(path: Path, digest: str) -> bool:
    """Whether a file has this hash; stores a hash that had to be computed."""
    if noted(path) == digest and _unchanged(path):
        return True
    if sha256(path) != digest:
        return False
    note(path, digest)
    return True


def _unchanged(path: Path) -> bool:
    # A moved file keeps its modification time, but gets a new change time.
    stat = path.stat()
    return max(stat.st_mtime_ns, stat.st_ctime_ns) <= note_path(path).stat().st_mtime_ns
