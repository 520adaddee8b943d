"""A web server on this machine that misbehaves in the ways that hosts of weights do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Request"], None]
"""What the server does with one request."""


class Request(BaseHTTPRequestHandler):
    """One request, and the ways to answer it."""

    server: Misbehaving
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the test has arranged, the last arrangement of a path holding for ever."""
        path = self.path.partition("?")[0]
        if "://" in path:  # a proxy is asked for whole addresses
            path = "/" + path.split("/", 3)[3]
        self.server.seen.append((self.path, dict(self.headers.items())))
        answers = self.server.answers.get(path, [status(404)])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def head(self, code: int, **headers: object) -> None:
        """Status line and headers; underscores stand for dashes."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def hang_up(self) -> None:
        """Close the connection, whatever was promised."""
        self.close_connection = True
        self.wfile.flush()


class Misbehaving(ThreadingHTTPServer):
    """Answers by path, one after the other; `seen` holds (address, headers) of every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answers: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def put(self, path: str, *answers: Answer) -> str:
        """Arrange the answers of a path; returns its address."""
        self.answers[path] = list(answers)
        return self.address(path)

    def address(self, path: str) -> str:
        """Address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, *_: object) -> None:
        """A client that has hung up is no news."""


@contextmanager
def misbehaving_server() -> Iterator[Misbehaving]:
    """The server, while it runs."""
    with Misbehaving() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def whole(content: bytes, *, ranges: bool = True, kind: str = "application/octet-stream", etag: str = '"1"') -> Answer:
    """The content, or the part that was asked for."""

    def answer(request: Request) -> None:
        asked = request.headers.get("Range")
        if not ranges or asked is None or request.headers.get("If-Range", etag) != etag:
            request.head(200, Content_Length=len(content), Content_Type=kind, ETag=etag)
            request.wfile.write(content)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            request.head(416, Content_Length=0)
            return
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        request.head(206, Content_Length=len(content) - start, Content_Range=span, Content_Type=kind, ETag=etag)
        request.wfile.write(content[start:])

    return answer


def cut_off(content: bytes, at: int, etag: str = '"1"') -> Answer:
    """Promises everything and hangs up after `at` bytes."""

    def answer(request: Request) -> None:
        request.head(200, Content_Length=len(content), ETag=etag)
        request.wfile.write(content[:at])
        request.hang_up()

    return answer


def slow(content: bytes, pieces: int, pause: float) -> Answer:
    """The content in pieces with pauses between them."""

    def answer(request: Request) -> None:
        request.head(200, Content_Length=len(content))
        size = -(-len(content) // pieces)
        for start in range(0, len(content), size):
            request.wfile.write(content[start : start + size])
            request.wfile.flush()
            time.sleep(pause)

    return answer


def endless(content: bytes) -> Answer:
    """The content again and again, with no word of its length."""

    def answer(request: Request) -> None:
        request.head(200)
        for _ in range(1000):
            request.wfile.write(content)
        request.hang_up()

    return answer


def status(code: int, **headers: object) -> Answer:
    """Nothing but a status."""
    return lambda request: request.head(code, Content_Length=0, **headers)


def redirect(to: str) -> Answer:
    """Another address."""
    return status(302, Location=to)


def page(text: str, kind: str = "text/html; charset=utf-8") -> Answer:
    """A web page with status 200."""
    return whole(text.encode(), ranges=False, kind=kind)
