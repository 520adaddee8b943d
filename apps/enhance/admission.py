"""Admission control of the enhancer: limits of upload size and of waiting requests."""

import json

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.core.errors import BadRequest

RETRY_SECONDS = 2


class AdmissionControl:
    """ASGI middleware for POST requests.

    A body above `max_bytes`, by Content-Length or while it is read, is answered 413 before the rest is read; a request
    beyond `places` unfinished ones is answered 503 with Retry-After before its body is read.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, places: int) -> None:
        self.app, self.max_bytes, self.places, self.running = app, max_bytes, places, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.max_bytes:
            await _refusal(413, "image", self.too_large)(scope, receive, send)
            return
        if self.running >= self.places:
            refusal = _refusal(503, "request", "too many requests are waiting: try again soon.")
            await refusal(scope, receive, send)
            return
        self.running += 1
        try:
            await self.app(scope, self._counted(receive), send)
        finally:
            self.running -= 1

    @property
    def too_large(self) -> str:
        """Message of the answer 413."""
        return f"the upload is larger than {self.max_bytes / 1e6:g} MB: shrink the photo."

    def _counted(self, receive: Receive) -> Receive:
        """`receive` that raises HTTPException 413 once the body exceeds `max_bytes`."""
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise HTTPException(413, self.too_large)
            return message

        return counting


def _refusal(status: int, path: str, reason: str) -> Response:
    # The connection stays open and the server drops the rest of the body: many clients do not read an answer on a
    # connection that closes while they send.
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    return Response(json.dumps(BadRequest(path, reason).as_json()), status, headers, "application/json")
