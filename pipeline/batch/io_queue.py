"""Files are read ahead and written behind while the nets work, in bounded queues whose errors reach the caller."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from pipeline.core.errors import (
    BadConfig,
    BadInput,
    CannotWrite,
    FaceEditError,
    MissingWeights,
    RunConflict,
    SpaceMismatch,
)

T = TypeVar("T")


@contextmanager
def writing() -> Iterator[None]:
    """Within it a BadInput can only come from a file that could not be written, and is raised as CannotWrite."""
    try:
        yield
    except BadInput as error:
        raise CannotWrite(str(error)) from error


class Writers:
    """A few threads that encode and write; `submit` waits when `pending` tasks are unfinished.

    The first error of any task is raised by the next `submit`, by `check` and at the end of the `with` block.
    """

    def __init__(self, threads: int = 2, pending: int = 64) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self._pending = pending
        self._futures: deque[Future[Any]] = deque()

    def submit(self, task: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Queue `task(*arguments)`."""
        self.check()
        while len(self._futures) >= self._pending:
            self._futures.popleft().result()
        future = self._pool.submit(_write, task, *arguments)
        self._futures.append(future)
        return future

    def check(self) -> None:
        """Forget what is done, raising its error if it had one."""
        while self._futures and self._futures[0].done():
            self._futures.popleft().result()

    def __enter__(self) -> "Writers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            self.check()


def _write(task: Callable[..., T], *arguments: Any) -> T:
    with writing():
        return task(*arguments)


def read_ahead(tasks: Iterable[Callable[[], T]], depth: int = 1) -> Iterator["Future[T]"]:
    """Futures of the tasks in order, `depth` of them started before they are asked for; errors rest in the futures."""
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


WHOLE_RUN = (MissingWeights, SpaceMismatch, BadConfig, RunConflict, CannotWrite)
"""Errors that no other photo would escape; anything else concerns one photo."""


def sentence(error: Exception) -> str:
    """What went wrong, for the manifest: the message of our own errors, kind and message of any other."""
    text = " ".join(str(error).split())
    return text if isinstance(error, FaceEditError) else f"{type(error).__name__}: {text}"
