"""Pictures without a file, pixels or links of a browser: each gets one, in a folder that stays small."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.types import Image

MOST_BYTES, SILENCE = 50_000_000, 15.0
"""Size of a picture from the web, and seconds that its server may be silent."""
KEPT_BYTES = 500_000_000
"""Size of the folder; the files used longest ago go first."""


def keep(image: Image, folder: Path) -> Path:
    """Write pixels, uint8 (H, W, 3), so that edits can be put back into them another time; returns where."""
    from pipeline.core.images import write_image

    path = folder / f"pasted {hashlib.sha256(image.tobytes()).hexdigest()[:8]}.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_image(path, image)
    path.touch()
    return path


def fetch(link: str, folder: Path, check: Callable[[], None]) -> Path:
    """Get a picture that a browser shows (http, https or data); returns where it is. BadInput when there is none.

    check: called again and again; what it raises gives the picture up
    """
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise BadInput("The browser's link is no link: save the picture, and open the file.") from error
    if parts.scheme not in ("http", "https", "data"):
        raise BadInput(f"Pictures are not fetched by {parts.scheme or 'such a link'}: save it, and open the file.")
    content = _from_link(link) if parts.scheme == "data" else _from_web(link, parts.hostname or "its site", check)
    stem = Path(unquote(parts.path)).stem if parts.hostname else "picture"
    path = folder / f"{_plain(stem) or 'picture'} {hashlib.sha256(content).hexdigest()[:8]}"
    write_atomic(path, content)
    return path


def tidy(folder: Path) -> None:
    """Delete what was used longest ago, until the rest is not more than KEPT_BYTES."""
    with suppress(OSError):  # another editor may do the same
        _shrink(folder)


def _shrink(folder: Path) -> None:
    files = sorted((path for path in folder.glob("*") if path.is_file()), key=lambda path: -path.stat().st_mtime)
    size = 0
    for path in files:
        size += path.stat().st_size
        if size > KEPT_BYTES:
            path.unlink(missing_ok=True)


def _from_link(link: str) -> bytes:
    """What a link holds itself."""
    from urllib.request import DataHandler, Request

    try:
        return DataHandler().data_open(Request(link)).read()
    except ValueError as error:
        raise BadInput("The browser's picture is damaged: save it, and open the file.") from error


def _from_web(link: str, host: str, check: Callable[[], None]) -> bytes:
    import httpx2

    from pipeline.downloads.client import RetryPolicy, is_page, open_client

    content = bytearray()
    try:
        with (
            open_client(RetryPolicy(silence=SILENCE)) as client,
            client.stream("GET", link, headers={"User-Agent": "face-edit"}) as answer,
        ):
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                check()
                content += piece
                if len(content) > MOST_BYTES:
                    most = MOST_BYTES // 1_000_000
                    raise BadInput(f"The picture at {host} is larger than {most} MB: save it, and shrink it.")
    except httpx2.HTTPStatusError as error:
        raise _unreachable(host, f"status {error.response.status_code}") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _unreachable(host, str(error) or type(error).__name__) from error
    if is_page(bytes(content[:64])):
        raise BadInput(f"{host} gives a web page instead of the picture: save the picture, and open the file.")
    return bytes(content)


def _unreachable(host: str, why: str) -> BadInput:
    return BadInput(f"The picture cannot be got from {host} ({why}): save it, and open the file.")


def _plain(stem: str) -> str:
    return "".join(letter for letter in stem if letter.isalnum() or letter in " -_")[:60].strip()
