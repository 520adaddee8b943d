"""Queue between the GUI thread and the render thread: the newest request wins, tasks are all done in order."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one request and any number of tasks for one consumer."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._request: T | None = None
        self._tasks: deque[T] = deque()
        self._closed = False

    def put(self, request: T) -> None:
        """Leave a request, in place of one that is still waiting."""
        with self._condition:
            self._request = request
            self._condition.notify()

    def add(self, task: T) -> None:
        """Queue a task; tasks come before any request."""
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def take(self) -> T | None:
        """The next task or request; waits for one. None once the mailbox is closed."""
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
        """Whether `take` would return at once."""
        return self._closed or self._request is not None or bool(self._tasks)

    @property
    def superseded(self) -> bool:
        """Whether the request taken last is obsolete; tasks alone can wait until it is done."""
        return self._closed or self._request is not None

    def close(self) -> None:
        """Wake the consumer and drop pending items."""
        with self._condition:
            self._closed = True
            self._condition.notify()
