"""Refusals of the enhancer's server, and its admission control: limits of upload size and of waiting requests."""

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.core.errors import BadRequest

RETRY_SECONDS = 2


class Refusal(HTTPException):
    """The reason why a request is not carried out, in our words, and the field that it concerns."""

    def __init__(self, status: int, path: str, reason: str) -> None:
        super().__init__(status, reason)
        self.path = path


def refusal(status: int, path: str, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a refused request, in the form of configs/enhance/error.schema.json; 503 has Retry-After."""
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else headers
    return Response(json.dumps(BadRequest(path, reason).as_json()), status, headers, "application/json")


class AdmissionControl:
    """ASGI middleware for POST requests.

    A body above `max_bytes`, by Content-Length or while it is read, is answered 413 before the rest is read; a request
    beyond `places` unfinished ones is answered 503 with Retry-After before its body is read. The connection stays open
    and the server drops the rest of the body: many clients do not read an answer on a connection that closes while
    they send.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, places: int) -> None:
        self.app, self.max_bytes, self.places, self.running = app, max_bytes, places, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.max_bytes:
            await refusal(413, "image", self.too_large)(scope, receive, send)
            return
        if self.running >= self.places:
            full = refusal(503, "request", "too many requests are waiting: try again soon.")
            await full(scope, receive, send)
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
        """`receive` that raises Refusal 413 once the body exceeds `max_bytes`."""
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise Refusal(413, "image", self.too_large)
            return message

        return counting
