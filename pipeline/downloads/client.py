"""What downloads share: the client, who listens, how long to hope, and whether there is room.

httpx2 knows the proxies of the environment (HTTPS_PROXY, NO_PROXY and so on) and the certificates of the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core import files
from pipeline.core.errors import BadInput
from pipeline.core.files import cannot_write
from pipeline.core.progress import Progress

if TYPE_CHECKING:
    import ssl

    import httpx2

PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<?xml")


class SourceFailed(Exception):
    """An address does not give the file; the message says why in a few words."""


@dataclass(frozen=True)
class RetryPolicy:
    """Read timeout (s), attempts without progress, first back-off (s, then doubled)."""

    silence: float = 30.0
    attempts: int = 5
    pause: float = 1.0


def open_client(patience: RetryPolicy) -> httpx2.Client:
    """Client that follows redirects and honours the proxies of the environment; BadInput when those are of no use."""
    import httpx2

    try:
        timeout = httpx2.Timeout(patience.silence, connect=15.0)
        return httpx2.Client(follow_redirects=True, timeout=timeout, verify=_certificates())
    except (ImportError, ValueError) as error:
        raise BadInput(f"The proxy that the environment names cannot be used: {error}") from error


def require_space(folder: Path, count: int) -> None:
    """Make a folder of weights where it does not exist; BadInput when `count` more bytes do not fit on its disk."""
    files.require_space(folder, count, "FACE_EDIT_WEIGHTS")


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Nobody else writes the file meanwhile; makes its folder. BadInput when the folder cannot be written to."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.note(f"Another process works on {path.name}: waiting for it.")
            lock.acquire()
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield
    finally:
        lock.release()


def is_page(start: bytes) -> bool:
    """Whether a file that starts so is a web page."""
    return start.lstrip()[:20].lower().startswith(PAGE_STARTS)


@cache
def _certificates() -> ssl.SSLContext:
    """Takes a tenth of a second to read."""
    import httpx2

    return httpx2.create_ssl_context()
