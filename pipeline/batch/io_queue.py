"""Bounded I/O queues: files are read ahead and written behind while the nets work; errors reach the caller."""

import errno
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from pipeline.core.errors import BadInput, CannotWrite

T = TypeVar("T")


HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ENODEV}
"""Errors of the system that every other file would meet as well."""


@contextmanager
def writing() -> Iterator[None]:
    """Raise CannotWrite for a BadInput caused by one of `HOPELESS`; others, such as long names, concern one file."""
    try:
        yield
    except BadInput as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in HOPELESS:
            raise CannotWrite(str(error)) from error
        raise


class Writers:
    """Threads that encode and write; `submit` waits while `pending` tasks are unfinished.

    CannotWrite of any task is raised by the next `submit` and at the end of the `with` block; any other error stays in
    the task's future.
    """

    def __init__(self, threads: int = 2, pending: int = 64) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self._pending = pending
        self._futures: deque[Future[Any]] = deque()

    def submit(self, task: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Queue `task(*arguments)`; raises CannotWrite of an earlier task."""
        self._settle(self._pending - 1)
        future = self._pool.submit(writing()(task), *arguments)
        self._futures.append(future)
        return future

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(wait=True)  # also after an error or Ctrl+C: what is computed is written
        if kind is None:
            self._settle(0)

    def _settle(self, most: int) -> None:
        """Drop finished tasks, and wait until at most `most` are left."""
        while self._futures and (self._futures[0].done() or len(self._futures) > most):
            if isinstance(error := self._futures.popleft().exception(), CannotWrite):
                raise error


def read_ahead(tasks: Iterable[Callable[[], T]], depth: int = 1) -> Iterator["Future[T]"]:
    """Futures of the tasks in order, `depth` of them started in advance; errors stay in the futures."""
    with ThreadPoolExecutor(depth, thread_name_prefix="reader") as pool:
        started: deque[Future[T]] = deque()
        try:
            for task in tasks:
                started.append(pool.submit(task))
                if len(started) > depth:
                    yield _settled(started.popleft())
            while started:
                yield _settled(started.popleft())
        finally:
            for future in started:
                future.cancel()


def _settled(future: "Future[T]") -> "Future[T]":
    future.exception()
    return future
