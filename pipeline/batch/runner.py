"""Batch runner of the folder commands.

Complete items are skipped; an engine reads, computes and writes the others, which are recorded as they come. A failed
item does not stop the others, and an interrupted or killed pass resumes where it stopped.
"""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic

from pipeline.batch.engine import Engine, Group, LocalEngine, settled
from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers, writing
from pipeline.batch.manifest import Manifest, Record
from pipeline.batch.work import C, I, L, Pending, Work
from pipeline.core.errors import FaceEditError
from pipeline.core.files import is_file
from pipeline.core.progress import Progress


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

    def __init__(
        self,
        work: Work[I, L, C],
        folder: RunFolder,
        manifest: Manifest,
        progress: Progress,
        engine: Engine | None = None,
    ) -> None:
        self._work, self._folder, self._manifest, self._progress = work, folder, manifest, progress
        self._engine = engine or LocalEngine()

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
        todo = {item.name: keys[item.name] for item in items if not self._complete(item, keys[item.name])}
        with writing():
            self._manifest.rewrite([item.name for item in items if item.name not in todo])
        outcome = Outcome(len(items), len(items) - len(todo))
        self._progress.start(outcome.total, outcome.before)
        tasks = [
            Group(group, wanted)
            for group in groups
            if (wanted := {item.name: todo[item.name] for item in group if item.name in todo})
        ]
        pending: deque[Pending] = deque()
        behind = max(map(len, groups), default=0) + 1
        try:
            with Writers() as writers:
                self._work.begin(items, set(todo), writers)
                for each in self._engine.results(self._work, self._folder, tasks, writers, self._progress):
                    pending.append(each)
                    while pending and (len(pending) > behind or _is_written(pending[0])):
                        self._record(pending.popleft(), outcome, writers)
                while pending:
                    self._record(pending.popleft(), outcome, writers)
        except BaseException:  # including Ctrl+C: items whose files are complete count
            with suppress(FaceEditError):
                for each in pending:
                    if _is_written(each) and not any(file.exception() for file in each.files):
                        self._manifest.append(each.records)
            raise
        with writing():
            self._manifest.rewrite([item.name for item in items])
        outcome.seconds = time.monotonic() - began
        return outcome

    def _complete(self, item: I, key: str) -> bool:
        records = self._manifest.finished(item.name, key)
        return bool(records) and all(is_file(path) for path in self._work.files(item, records))

    def _record(self, each: Pending, outcome: Outcome, writers: Writers) -> None:
        """Wait until an item's files are written, then store its records."""
        records = settled(each, self._folder)
        name = records[0].portrait
        with writing():
            self._manifest.append(records)
        outcome.records[name] = records
        if (failure := records[0].error) is not None:
            outcome.failed[name] = failure
        self._work.recorded(records, writers)
        self._progress.advance(1.0 - each.advanced)


def _is_written(pending: Pending) -> bool:
    return all(file.done() for file in pending.files)
