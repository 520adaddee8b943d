"""Pasted images and images behind browser links, stored as files in a folder of limited size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.types import Image

MAX_DOWNLOAD, READ_TIMEOUT = 50_000_000, 15.0
"""Largest size of a downloaded picture in bytes; read timeout in seconds."""
MAX_FOLDER = 500_000_000
"""Largest size of the folder in bytes; the least recently used files are deleted first."""


def store(image: Image, folder: Path) -> Path:
    """Write an image, uint8 (H, W, 3), to a file named after its content; returns the path."""
    from pipeline.core.images import write_image

    path = folder / f"pasted {hashlib.sha256(image.tobytes()).hexdigest()[:8]}.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_image(path, image)
    path.touch()
    return path


def fetch(link: str, folder: Path, check: Callable[[], None]) -> Path:
    """Download the picture behind a browser's link into a folder; returns the path of its file.

    Args:
        link: http, https or data URL.
        check: Called between chunks; an exception it raises cancels the download.

    Raises:
        BadInput: The link cannot be used, the download failed, or the file is too large or a web page.
    """
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise BadInput("The browser's link is not valid: save the picture, and open the file.") from error
    if parts.scheme not in ("http", "https", "data"):
        raise BadInput(f"Links of type {parts.scheme or 'unknown'} cannot be opened: save it, and open the file.")
    content = _decode(link) if parts.scheme == "data" else _download(link, parts.hostname or "the site", check)
    stem = Path(unquote(parts.path)).stem if parts.hostname else ""
    stem = "".join(letter for letter in stem if letter.isalnum() or letter in " -_")[:60].strip()
    path = folder / f"{stem or 'picture'} {hashlib.sha256(content).hexdigest()[:8]}"
    write_atomic(path, content)
    return path


def trim(folder: Path) -> None:
    """Delete the least recently used files until at most MAX_FOLDER bytes are left."""
    size = 0
    with suppress(OSError):  # another editor may trim at the same time
        for path in sorted(filter(Path.is_file, folder.glob("*")), key=lambda path: -path.stat().st_mtime):
            size += path.stat().st_size
            if size > MAX_FOLDER:
                path.unlink(missing_ok=True)


def _decode(link: str) -> bytes:
    from urllib.request import DataHandler, Request

    try:
        return DataHandler().data_open(Request(link)).read()
    except ValueError as error:
        raise BadInput("The picture in the link is damaged: save it, and open the file.") from error


def _download(link: str, host: str, check: Callable[[], None]) -> bytes:
    import httpx2

    from pipeline.downloads.client import RetryPolicy, is_page, open_client

    content = bytearray()
    try:
        with (
            open_client(RetryPolicy(silence=READ_TIMEOUT)) as client,
            client.stream("GET", link, headers={"User-Agent": "face-edit"}) as answer,
        ):
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                check()
                content += chunk
                if len(content) > MAX_DOWNLOAD:
                    megabytes = MAX_DOWNLOAD // 1_000_000
                    raise BadInput(f"The picture at {host} is larger than {megabytes} MB: save it, and shrink it.")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        status = f"status {error.response.status_code}" if isinstance(error, httpx2.HTTPStatusError) else ""
        reason = status or str(error) or type(error).__name__
        raise BadInput(f"The picture at {host} cannot be downloaded ({reason}): save it, and open the file.") from error
    if is_page(bytes(content[:64])):
        raise BadInput(f"{host} returned a web page instead of the picture: save the picture, and open the file.")
    return bytes(content)
