"""The one pass over the items of a folder command.

Items that are complete are left out, the others are read ahead, computed, written behind and recorded; one bad item
does not stop the others; an interrupted or killed pass continues where it stopped.
"""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers, read_ahead, writing
from pipeline.batch.manifest import Manifest, Record
from pipeline.core.errors import (
    BadConfig,
    CannotWrite,
    FaceEditError,
    MissingWeights,
    OutOfMemory,
    RunConflict,
    SpaceMismatch,
)
from pipeline.core.files import is_file
from pipeline.core.progress import Progress

FATAL = (MissingWeights, SpaceMismatch, BadConfig, RunConflict, CannotWrite, OutOfMemory)
"""Errors that every other item would meet as well; any other error concerns one item."""


class Item(Protocol):
    """One input: the name of its results, and its file."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> Path: ...


I = TypeVar("I", bound=Item)  # noqa: E741
L = TypeVar("L")
C = TypeVar("C")


@dataclass
class Pending:
    """The records of an item, and the files that must be written before they count.

    Attributes:
        advanced: Share of the item, 0..1, that progress has been told already.
    """

    records: list[Record]
    files: list["Future[Any]"] = field(default_factory=list)
    advanced: float = 0.0


class Work(ABC, Generic[I, L, C]):
    """What a command does with its items."""

    @abstractmethod
    def key(self, item: I) -> str:
        """Hash of everything that decides the item's results."""

    @abstractmethod
    def files(self, item: I, records: Sequence[Record]) -> list[Path]:
        """Every file that a complete item has."""

    def begin(self, items: Sequence[I], todo: set[str], writers: Writers) -> None:
        """Called once, with all items and the names of those that are not complete."""

    @abstractmethod
    def load(self, item: I) -> L:
        """Read an item; called in a thread of its own."""

    def compute(self, loaded: Sequence[L]) -> Sequence[C]:
        """Compute what the items of a group share a batch for; by default nothing."""
        return cast(Sequence[C], loaded)

    @abstractmethod
    def deliver(self, item: I, computed: C, base: Record, writers: Writers) -> Pending:
        """Finish an item and queue its files; its records are changed copies of `base`."""

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        """Called after an item's files are written and its records stored; a failure is a record too."""


@dataclass
class Outcome:
    """Result of a pass.

    Attributes:
        total: Number of items.
        before: Items that were complete already.
        records: Records of the items of this pass, by item.
        failed: Sentence about each item that failed now.
        seconds: Duration.
    """

    total: int
    before: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def warnings(self) -> dict[str, str]:
        """Sentences that the user should know of, by item."""
        firsts = {name: records[0].warning for name, records in self.records.items()}
        return {name: warning for name, warning in firsts.items() if warning is not None}

    @property
    def exit_code(self) -> int:
        """0 when every item is complete, 1 when one failed."""
        return 1 if self.failed else 0


class Batch(Generic[I, L, C]):
    """A pass of `work` over items, recorded in `manifest`."""

    def __init__(self, work: Work[I, L, C], folder: RunFolder, manifest: Manifest, progress: Progress) -> None:
        self._work, self._folder, self._manifest, self._progress = work, folder, manifest, progress

    def run(self, groups: Sequence[Sequence[I]]) -> Outcome:
        """Do what is not complete.

        Args:
            groups: The items in order, in the groups that share a batch. They are cut from all items, whatever is
                complete, since the last bits of a result may depend on what else was in its batch.

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
        except BaseException:  # Ctrl+C among them: files that are whole by now count
            with suppress(FaceEditError):
                for each in pending:
                    if all(file.done() and not file.cancelled() and not file.exception() for file in each.files):
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
        """Every item of a group, or why it cannot be read; and the seconds it took."""
        began = time.monotonic()
        loaded: list[L | Exception] = []
        for item in group:
            try:
                loaded.append(self._work.load(item))
            except Exception as error:
                loaded.append(error)
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
        try:
            computed: list[C | Exception] = list(self._work.compute(good))
        except FATAL:
            raise
        except Exception as error:
            computed = [error] * len(good)
        results = iter(computed)
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
        if isinstance(result, FATAL):
            raise result
        if isinstance(result, Exception):
            return Pending([replace(base, error=self._folder.failure(item.name, result))])
        try:
            return self._work.deliver(item, result, base, writers)
        except FATAL:
            raise
        except Exception as error:
            return Pending([replace(base, error=self._folder.failure(item.name, error))])

    def _record(self, each: Pending, outcome: Outcome, writers: Writers) -> None:
        """Wait until an item's files are written, then store its records."""
        name = each.records[0].portrait
        for file in each.files:
            try:
                file.result()
            except FATAL:
                raise
            except Exception as error:
                first = each.records[0]
                failed = Record(name, first.source, first.made_from, first.of, current=first.current)
                each.records = [replace(failed, error=self._folder.failure(name, error))]
                break
        with writing():
            self._manifest.append(each.records)
        outcome.records[name] = each.records
        failure = each.records[0].error
        if failure is not None:
            outcome.failed[name] = failure
        self._work.recorded(each.records, writers)
        self._progress.advance(1.0 - each.advanced)
