"""Between the GUI thread and the render thread: of requests the newest wins, errands are all done in order."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one request, and any number of errands, for one taker."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._request: T | None = None
        self._errands: deque[T] = deque()
        self._closed = False

    def put(self, request: T) -> None:
        """Leave a request, in place of one that nobody has taken yet."""
        with self._condition:
            self._request = request
            self._condition.notify()

    def add(self, errand: T) -> None:
        """Leave something that has to be done, before any request."""
        with self._condition:
            self._errands.append(errand)
            self._condition.notify()

    def take(self) -> T | None:
        """The next thing to do; waits for one, and is None for ever when the mailbox is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self.waiting)
            if self._closed:
                return None
            if self._errands:
                return self._errands.popleft()
            request, self._request = self._request, None
            return request

    @property
    def waiting(self) -> bool:
        """Whether `take` would return at once."""
        return self._closed or self._request is not None or bool(self._errands)

    @property
    def overtaken(self) -> bool:
        """Whether the request that was taken last is not wanted any more; errands can wait until it is done."""
        return self._closed or self._request is not None

    def close(self) -> None:
        """Let the taker go; what is left is not done."""
        with self._condition:
            self._closed = True
            self._condition.notify()
