"""Batch runner of the folder commands.

Complete items are skipped; the others are read ahead, computed, written behind and recorded. A failed item does not
stop the others, and an interrupted or killed pass resumes where it stopped.
"""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import Input
from pipeline.batch.io_queue import Writers, read_ahead, writing
from pipeline.batch.manifest import Manifest, Record
from pipeline.core.errors import FATAL, FaceEditError
from pipeline.core.files import is_file
from pipeline.core.progress import Progress

I = TypeVar("I", bound=Input)  # noqa: E741
L = TypeVar("L")
C = TypeVar("C")
T = TypeVar("T")


@dataclass
class Pending:
    """Records of an item, valid once its files are written.

    Attributes:
        advanced: Share of the item, 0..1, that is already reported as progress.
    """

    records: list[Record]
    files: list["Future[Any]"] = field(default_factory=list)
    advanced: float = 0.0


class Work(ABC, Generic[I, L, C]):
    """The work of a command on its items."""

    @abstractmethod
    def key(self, item: I) -> str:
        """Hash of everything that decides the item's results."""

    @abstractmethod
    def files(self, item: I, records: Sequence[Record]) -> list[Path]:
        """All files of a complete item."""

    def begin(self, items: Sequence[I], todo: set[str], writers: Writers) -> None:
        """Called once, with all items and the names of the incomplete ones."""

    @abstractmethod
    def load(self, item: I) -> L:
        """Read an item; called in the reader thread."""

    def compute(self, loaded: Sequence[L]) -> Sequence[C]:
        """Compute the items of a group as one batch; by default nothing."""
        return cast(Sequence[C], loaded)

    @abstractmethod
    def deliver(self, item: I, computed: C, base: Record, writers: Writers) -> Pending:
        """Finish an item and queue its files; its records are copies of `base` with changes."""

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        """Called after an item's files and records are written; failures have a record too."""


@dataclass
class Outcome:
    """Result of a pass.

    Attributes:
        total: Number of items.
        before: Number of items that were already complete.
        records: Records of this pass, by item.
        failed: Error sentence of each failed item of this pass.
        seconds: Duration of the pass.
    """

    total: int
    before: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def warnings(self) -> dict[str, str]:
        """Warnings of this pass, by item."""
        return {name: text for name, records in self.records.items() if (text := records[0].warning) is not None}

    @property
    def exit_code(self) -> int:
        """0 when every item is complete, 1 when one failed."""
        return 1 if self.failed else 0


class Batch(Generic[I, L, C]):
    """A pass of `work` over items, recorded in `manifest`."""

    def __init__(self, work: Work[I, L, C], folder: RunFolder, manifest: Manifest, progress: Progress) -> None:
        self._work, self._folder, self._manifest, self._progress = work, folder, manifest, progress

    def run(self, groups: Sequence[Sequence[I]]) -> Outcome:
        """Process the incomplete items.

        Args:
            groups: All items in order, in groups that share a batch. Complete ones are included, since the last bits of
                a result may depend on the rest of its batch.

        Raises:
            FaceEditError: One of `FATAL`.
        """
        began = time.monotonic()
        items = [item for group in groups for item in group]
        keys = {item.name: self._work.key(item) for item in items}
        todo = {item.name for item in items if not self._complete(item, keys[item.name])}
        with writing():
            self._manifest.rewrite([item.name for item in items if item.name not in todo])
        outcome = Outcome(len(items), len(items) - len(todo))
        self._progress.start(outcome.total, outcome.before)
        open_groups = [group for group in groups if any(item.name in todo for item in group)]
        pending: deque[Pending] = deque()
        try:
            with Writers() as writers:
                self._work.begin(items, todo, writers)
                tasks = [partial(self._load, group) for group in open_groups]
                for group, future in zip(open_groups, read_ahead(tasks), strict=True):
                    for each in self._group(group, todo, keys, *future.result(), writers):
                        pending.append(each)
                        while len(pending) > len(group) + 1:
                            self._record(pending.popleft(), outcome, writers)
                while pending:
                    self._record(pending.popleft(), outcome, writers)
        except BaseException:  # including Ctrl+C: items whose files are complete count
            with suppress(FaceEditError):
                for each in pending:
                    if all(file.done() and not file.exception() for file in each.files):
                        self._manifest.append(each.records)
            raise
        with writing():
            self._manifest.rewrite([item.name for item in items])
        outcome.seconds = time.monotonic() - began
        return outcome

    def _complete(self, item: I, key: str) -> bool:
        records = self._manifest.finished(item.name, key)
        return bool(records) and all(is_file(path) for path in self._work.files(item, records))

    def _load(self, group: Sequence[I]) -> tuple[list[L | Exception], float]:
        """Each item of a group or the error of reading it, and the duration in seconds."""
        began = time.monotonic()
        loaded = [_attempt(self._work.load, item) for item in group]
        return loaded, time.monotonic() - began

    def _group(
        self,
        group: Sequence[I],
        todo: set[str],
        keys: dict[str, str],
        loaded: Sequence[L | Exception],
        seconds: float,
        writers: Writers,
    ) -> Iterator[Pending]:
        began = time.monotonic()
        good = [one for one in loaded if not isinstance(one, Exception)]
        computed = _attempt(self._work.compute, good)
        if isinstance(computed, FATAL):
            raise computed
        results: Iterator[C | Exception] = iter([computed] * len(good) if isinstance(computed, Exception) else computed)
        shared = (seconds + time.monotonic() - began) / len(group)
        for item, one in zip(group, loaded, strict=True):
            result = one if isinstance(one, Exception) else next(results)
            if item.name not in todo:
                continue
            began = time.monotonic()
            base = Record(item.name, str(item.path), keys[item.name], 1)
            each = self._deliver(item, result, base, writers)
            own = round(shared + time.monotonic() - began, 4)
            each.records = [record if record.seconds else replace(record, seconds=own) for record in each.records]
            yield each

    def _deliver(self, item: I, result: C | Exception, base: Record, writers: Writers) -> Pending:
        done = result if isinstance(result, Exception) else _attempt(self._work.deliver, item, result, base, writers)
        if isinstance(done, FATAL):
            raise done
        return (
            Pending([replace(base, error=self._folder.failure(item.name, done))])
            if isinstance(done, Exception)
            else done
        )

    def _record(self, each: Pending, outcome: Outcome, writers: Writers) -> None:
        """Wait until an item's files are written, then store its records."""
        name = each.records[0].portrait
        error = next(filter(None, (_attempt(file.exception) for file in each.files)), None)
        if error is not None:
            if isinstance(error, FATAL) or not isinstance(error, Exception):
                raise error
            first = each.records[0]
            failed = Record(name, first.source, first.made_from, first.of, current=first.current)
            each.records = [replace(failed, error=self._folder.failure(name, error))]
        with writing():
            self._manifest.append(each.records)
        outcome.records[name] = each.records
        if (failure := each.records[0].error) is not None:
            outcome.failed[name] = failure
        self._work.recorded(each.records, writers)
        self._progress.advance(1.0 - each.advanced)


def _attempt(task: Callable[..., T], *arguments: Any) -> T | Exception:
    try:
        return task(*arguments)
    except Exception as error:
        return error
