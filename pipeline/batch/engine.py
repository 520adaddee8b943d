"""Engines of a batch: what computes its groups, in this process or elsewhere."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers, read_ahead
from pipeline.batch.manifest import Record
from pipeline.batch.work import C, I, L, Pending, Work
from pipeline.core.errors import FATAL
from pipeline.core.progress import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Group(Generic[I]):
    """Items that share a batch.

    Attributes:
        keys: `Work.key` of each incomplete item, by name; the others are only computed with them.
    """

    items: Sequence[I]
    keys: Mapping[str, str]


class Engine(Protocol):
    """Computes the groups of a batch."""

    def results(
        self, work: Work[I, L, C], folder: RunFolder, groups: Sequence[Group[I]], writers: Writers, progress: Progress
    ) -> Iterator[Pending]:
        """The results of all incomplete items, in any order; failures have a record with the error.

        Raises:
            FaceEditError: One of `FATAL`.
        """


class LocalEngine(Engine):
    """Computes in this process: the next group is read while the present one is computed."""

    def results(
        self, work: Work[I, L, C], folder: RunFolder, groups: Sequence[Group[I]], writers: Writers, progress: Progress
    ) -> Iterator[Pending]:
        tasks = [partial(_load, work, group.items) for group in groups]
        for group, future in zip(groups, read_ahead(tasks), strict=True):
            yield from _computed(work, folder, group, *future.result(), writers)


def settled(pending: Pending, folder: RunFolder) -> list[Record]:
    """Records of an item once its files are written, or the one that says why they could not be.

    Raises:
        FaceEditError: One of `FATAL`.
    """
    error = next(filter(None, (_attempt(file.exception) for file in pending.files)), None)
    if error is None:
        return pending.records
    if isinstance(error, FATAL) or not isinstance(error, Exception):
        raise error
    first = pending.records[0]
    failed = Record(first.portrait, first.source, first.made_from, first.of, current=first.current)
    return [replace(failed, error=folder.failure(first.portrait, error))]


def _load(work: Work[I, L, C], items: Sequence[I]) -> tuple[list[L | Exception], float]:
    """Each item of a group or the error of reading it, and the duration in seconds."""
    began = time.monotonic()
    loaded = [_attempt(work.load, item) for item in items]
    return loaded, time.monotonic() - began


def _computed(
    work: Work[I, L, C],
    folder: RunFolder,
    group: Group[I],
    loaded: Sequence[L | Exception],
    seconds: float,
    writers: Writers,
) -> Iterator[Pending]:
    began = time.monotonic()
    good = [one for one in loaded if not isinstance(one, Exception)]
    computed = _attempt(work.compute, good)
    if isinstance(computed, FATAL):
        raise computed
    results: Iterator[C | Exception] = iter([computed] * len(good) if isinstance(computed, Exception) else computed)
    shared = (seconds + time.monotonic() - began) / len(group.items)
    for item, one in zip(group.items, loaded, strict=True):
        result = one if isinstance(one, Exception) else next(results)
        if item.name not in group.keys:
            continue
        began = time.monotonic()
        base = Record(item.name, str(item.path), group.keys[item.name], 1)
        each = _delivered(work, folder, item, result, base, writers)
        own = round(shared + time.monotonic() - began, 4)
        each.records = [record if record.seconds else replace(record, seconds=own) for record in each.records]
        yield each


def _delivered(
    work: Work[I, L, C], folder: RunFolder, item: I, result: C | Exception, base: Record, writers: Writers
) -> Pending:
    done = result if isinstance(result, Exception) else _attempt(work.deliver, item, result, base, writers)
    if isinstance(done, FATAL):
        raise done
    return Pending([replace(base, error=folder.failure(item.name, done))]) if isinstance(done, Exception) else done


def _attempt(task: Callable[..., T], *arguments: object) -> T | Exception:
    try:
        return task(*arguments)
    except Exception as error:
        return error
