"""One file over HTTP: continued after a break, tried again while it makes progress, never a web page in its place."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.core.files import cannot_write
from pipeline.core.progress import Progress
from pipeline.downloads.client import RetryPolicy, SourceFailed, is_page, require_space
from pipeline.downloads.google_drive import complaint, confirmed_address, is_drive

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

SNIFFED = 64
"""Bytes at the start of an answer that tell a web page."""
LONGEST_PAGE = 2**20
WORTH_ANOTHER_TRY = (408, 425, 429, 500, 502, 503, 504)
LONGEST_PAUSE = 60.0


class _Broken(Exception):
    """This attempt failed, another may not; `pause`: seconds the server asks to wait."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass
class Transfer:
    """From one source into `part`, which is continued when it exists.

    expected: bytes the file must have, where known · trusted: a hash will be compared in the end, so that what another
    source or an earlier run left may be continued; else only what this server confirms to be the same file
    """

    client: httpx2.Client
    source: str
    part: Path
    expected: int | None
    trusted: bool
    progress: Progress
    patience: RetryPolicy
    _version: str | None = field(default=None, init=False)
    _connected: bool = field(default=False, init=False)

    def run(self) -> None:
        """Until `part` is whole. Raises SourceFailed; BadInput when the disk is full."""
        if self.trusted and self._here() == self.expected:
            return
        best, failures = self._here(), 0
        while True:
            try:
                self._attempt(self.source)
                return
            except _Broken as broken:
                best, failures = max(best, self._here()), 0 if self._here() > best else failures
                failures += 1
                if failures >= self.patience.attempts:
                    raise SourceFailed(str(broken)) from broken
                pause = min(max(broken.pause, self.patience.pause * 2 ** (failures - 1)), LONGEST_PAUSE)
                self.progress.note(f"{urlsplit(self.source).hostname}: {broken}; next attempt in {pause:.0f} s")
                time.sleep(pause)

    def _here(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _attempt(self, address: str, *, confirmed: bool = False) -> None:
        import httpx2

        try:
            with self.client.stream("GET", address, headers=self._headers()) as response:
                chunks = self._open(response)
                start = _read(chunks, SNIFFED)
                if not response.headers.get("content-type", "").startswith("text/html") and not is_page(start):
                    return self._write(response, start, chunks)
                page = (start + _read(chunks, LONGEST_PAGE)).decode(errors="replace")
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.TooManyRedirects, httpx2.ProxyError) as error:
            raise SourceFailed(_lower(error)) from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            # A host that never answered is gone; one that did is only out of reach for now.
            raise (_Broken if self._connected else SourceFailed)(f"cannot be reached ({_lower(error)})") from error
        except httpx2.TimeoutException as error:
            raise _Broken("has stopped sending") from error
        except httpx2.TransportError as error:
            raise _Broken("broke off the connection") from error
        if not is_drive(address):
            raise SourceFailed("answers with a web page instead of the file")
        further = confirmed_address(page, str(response.url))
        if confirmed or further is None:
            raise SourceFailed(complaint(page))
        return self._attempt(further, confirmed=True)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}
        here = self._here()
        if here and (self.trusted or self._version):
            headers["Range"] = f"bytes={here}-"
            if not self.trusted and self._version:
                headers["If-Range"] = self._version
        return headers

    def _open(self, response: httpx2.Response) -> Iterator[bytes]:
        """Body of an answer that may be the file or a page."""
        self._connected = True
        status = response.status_code
        if status == 416:  # what is here is no beginning of what is there
            self.part.unlink(missing_ok=True)
            raise _Broken("has a file of another size")
        if status in WORTH_ANOTHER_TRY:
            asked = response.headers.get("retry-after", "")
            raise _Broken(f"answers {status} {response.reason_phrase}", float(asked) if asked.isdecimal() else 0.0)
        if status not in (200, 206):
            raise SourceFailed(f"answers {status} {response.reason_phrase}")
        if self.source.startswith("https:") and any(
            answer.url.scheme != "https" for answer in (*response.history, response)
        ):
            raise SourceFailed("leads to an unencrypted address")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise SourceFailed("sends the file compressed")
        return response.iter_raw()

    def _write(self, response: httpx2.Response, start: bytes, chunks: Iterator[bytes]) -> None:
        here = self._here()
        continued = response.status_code == 206
        if continued and not response.headers.get("content-range", "").startswith(f"bytes {here}-"):
            self.part.unlink(missing_ok=True)
            raise _Broken("sends another part than was asked for")
        done = here if continued else 0
        length = response.headers.get("content-length", "")
        total = done + int(length) if length.isdecimal() else None
        if self.expected is not None and total not in (None, self.expected):
            raise SourceFailed(f"offers {total} bytes instead of {self.expected}")
        tag = response.headers.get("etag", "")
        self._version = tag if tag.startswith('"') else response.headers.get("last-modified")
        require_space(self.part.parent, (self.expected or total or done) - done)
        self.progress.step(self.part.stem.lstrip("."))
        self.progress.start(self.expected or total, done)
        try:
            with self.part.open("ab" if continued else "wb") as file:
                chunk = start
                while chunk:
                    done += file.write(chunk)
                    self.progress.advance(len(chunk))
                    if self.expected is not None and done > self.expected:
                        self.part.unlink()
                        raise SourceFailed(f"sends more than {self.expected} bytes")
                    chunk = next(chunks, b"")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.part, error) from error
        if self.expected is not None and done < self.expected:
            raise _Broken("ended too early")


def _read(chunks: Iterator[bytes], count: int) -> bytes:
    """At least `count` bytes, or what there is."""
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= count:
            break
    return found


def _lower(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
