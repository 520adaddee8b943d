"""What stands before the work: uploads that are too large and requests that would wait too long are turned away."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RETRY_SECONDS = 2


class Gate:
    """ASGI middleware for POST requests.

    A body that is announced as larger than `max_bytes`, or turns out to be, is answered 413 before the rest is read;
    a request beyond the first `places` is answered 503 with Retry-After before any of its body is.
    """

    def __init__(self, app: App, max_bytes: int, places: int) -> None:
        self.app, self.max_bytes, self.places, self.inside = app, max_bytes, places, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.max_bytes:
            await _refuse(send, 413, "image", self.too_large)
            return
        if self.inside >= self.places:
            await _refuse(send, 503, "request", "too many requests are waiting: try again soon.")
            return
        self.inside += 1
        try:
            await self.app(scope, self._counted(receive), send)
        finally:
            self.inside -= 1

    @property
    def too_large(self) -> str:
        """What to tell who sends too much."""
        return f"the upload is larger than {self.max_bytes / 1e6:g} MB: shrink the photo."

    def _counted(self, receive: Receive) -> Receive:
        """`receive` that stops a body that is larger than it may be."""
        seen = 0

        async def counting() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise HTTPException(413, self.too_large)
            return message

        return counting


async def _refuse(send: Send, status: int, path: str, reason: str) -> None:
    """Answer at once. The connection stays open, and the server drops what still comes: if it were closed with a body
    on its way, many a client would not read the answer."""
    body = json.dumps({"error": {"path": path, "message": reason}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
