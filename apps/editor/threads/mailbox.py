"""Queue from the GUI thread to the render thread: only the newest request, and all tasks in order."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """At most one request and any number of tasks for one consumer."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._request: T | None = None
        self._tasks: deque[T] = deque()
        self._closed = False

    def put(self, request: T) -> None:
        """Submit a request, replacing one that is still waiting."""
        with self._condition:
            self._request = request
            self._condition.notify()

    def add(self, task: T) -> None:
        """Queue a task; tasks precede the request."""
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def take(self) -> T | None:
        """Wait for the next task or request; None once the mailbox is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self.waiting)
            if self._closed:
                return None
            if self._tasks:
                return self._tasks.popleft()
            request, self._request = self._request, None
            return request

    @property
    def waiting(self) -> bool:
        """Whether `take` would return immediately."""
        return self._closed or self._request is not None or bool(self._tasks)

    @property
    def superseded(self) -> bool:
        """Whether the request taken last is obsolete; waiting tasks do not make it so."""
        return self._closed or self._request is not None

    def close(self) -> None:
        """Wake the consumer and drop pending items."""
        with self._condition:
            self._closed = True
            self._condition.notify()
