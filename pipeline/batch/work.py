"""The work of a command on its items, as an engine calls it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pipeline.batch.inputs import Input
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import Record

I = TypeVar("I", bound=Input)  # noqa: E741
L = TypeVar("L")
C = TypeVar("C")


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
