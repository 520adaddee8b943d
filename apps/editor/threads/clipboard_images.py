"""Files for pasted pixels and for links of a browser, in a folder of limited size."""

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
"""Largest size of a picture from the web in bytes; read timeout in seconds."""
MAX_FOLDER = 500_000_000
"""Largest size of the folder in bytes; the files used longest ago are deleted first."""


def store(image: Image, folder: Path) -> Path:
    """Write pixels, uint8 (H, W, 3), to a file that edits can be pasted back into; returns its path."""
    from pipeline.core.images import write_image

    path = folder / f"pasted {hashlib.sha256(image.tobytes()).hexdigest()[:8]}.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_image(path, image)
    path.touch()
    return path


def fetch(link: str, folder: Path, check: Callable[[], None]) -> Path:
    """Download the picture behind a browser's link; returns the path of its file.

    Args:
        link: http, https or data address.
        folder: Where the file is written.
        check: Called between chunks; an exception it raises cancels the download.

    Raises:
        BadInput: No picture could be downloaded.
    """
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise BadInput("The browser's link is not valid: save the picture, and open the file.") from error
    if parts.scheme not in ("http", "https", "data"):
        raise BadInput(f"Pictures are not fetched by {parts.scheme or 'such a link'}: save it, and open the file.")
    content = _decode(link) if parts.scheme == "data" else _download(link, parts.hostname or "its site", check)
    stem = Path(unquote(parts.path)).stem if parts.hostname else "picture"
    path = folder / f"{_file_stem(stem) or 'picture'} {hashlib.sha256(content).hexdigest()[:8]}"
    write_atomic(path, content)
    return path


def trim(folder: Path) -> None:
    """Delete the files used longest ago until at most MAX_FOLDER bytes are left."""
    with suppress(OSError):  # another editor may do the same
        _shrink(folder)


def _shrink(folder: Path) -> None:
    files = sorted((path for path in folder.glob("*") if path.is_file()), key=lambda path: -path.stat().st_mtime)
    size = 0
    for path in files:
        size += path.stat().st_size
        if size > MAX_FOLDER:
            path.unlink(missing_ok=True)


def _decode(link: str) -> bytes:
    """Content of a data link."""
    from urllib.request import DataHandler, Request

    try:
        return DataHandler().data_open(Request(link)).read()
    except ValueError as error:
        raise BadInput("The browser's picture is damaged: save it, and open the file.") from error


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
            for piece in answer.iter_bytes():
                check()
                content += piece
                if len(content) > MAX_DOWNLOAD:
                    megabytes = MAX_DOWNLOAD // 1_000_000
                    raise BadInput(f"The picture at {host} is larger than {megabytes} MB: save it, and shrink it.")
    except httpx2.HTTPStatusError as error:
        raise _unreachable(host, f"status {error.response.status_code}") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _unreachable(host, str(error) or type(error).__name__) from error
    if is_page(bytes(content[:64])):
        raise BadInput(f"{host} gives a web page instead of the picture: save the picture, and open the file.")
    return bytes(content)


def _unreachable(host: str, why: str) -> BadInput:
    return BadInput(f"The picture cannot be got from {host} ({why}): save it, and open the file.")


def _file_stem(stem: str) -> str:
    return "".join(letter for letter in stem if letter.isalnum() or letter in " -_")[:60].strip()
