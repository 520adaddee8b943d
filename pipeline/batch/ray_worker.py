"""Workers of the Ray engine: actors that compute groups and write their files."""

import os
import socket
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.batch.engine import Group, LocalEngine, settled
from pipeline.batch.folder import LOCK, RunFolder
from pipeline.batch.inputs import Input
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import Record
from pipeline.batch.mirror import Mirror, of_items
from pipeline.batch.work import Work
from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.progress import Progress

ATTEMPTS = 4
"""How often a group is tried whose workers are lost."""

Reopen = Callable[[RunFolder, Progress], Work[Any, Any, Any]]
"""Opens the work of a run folder in another process, with the weights of the run; sent there by Ray."""


@dataclass(frozen=True)
class Done:
    """What a worker sends back for a group.

    Attributes:
        records: Records of each item.
        told: Method of `Progress` and sentence, in order.
        images: Number of images made.
        files: Names of the files that were published to each mirror, by its number.
    """

    records: list[list[Record]]
    told: list[tuple[str, str]]
    images: int
    files: dict[int, list[str]] = field(default_factory=dict)

    def tell(self, progress: Progress) -> None:
        """Pass on what the worker has told."""
        for method, text in self.told:
            getattr(progress, method)(text)
        progress.advance(0.0, self.images)


class Attempts:
    """Actor that counts how often each unfinished group was begun."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, group: str) -> int:
        """Number of this attempt at a group, from 1."""
        self._begun[group] += 1
        return self._begun[group]

    def end(self, group: str) -> None:
        """Forget a finished group."""
        del self._begun[group]


class Worker:
    """Actor of Ray Data with a work that is opened for its first group.

    Args:
        place: Working directory of the process that was started.
        folder: Its run folder.
        attempts: Handle of `Attempts`.
        threads: Threads of the worker.
        mirrors: Folders at addresses in which the batch works.
    """

    def __init__(
        self, reopen: Reopen, place: Path, folder: Path, attempts: Any, threads: int, mirrors: Sequence[Mirror] = ()
    ) -> None:
        self._reopen, self._place, self._folder = reopen, place, RunFolder(folder)
        self._attempts, self._threads = attempts, threads
        self._copies = Copies(mirrors, folder)
        self._told = Told()
        self._work: Work[Any, Any, Any] | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """The `Done` of each group, or the error that ends the run."""
        return {"done": [self._done(group) for group in batch["group"]]}

    def _done(self, group: Group[Any]) -> Done | Exception:
        import ray

        name = group.items[0].name
        # Ray itself gives a task to other workers without end.
        if ray.get(self._attempts.begin.remote(name)) > ATTEMPTS:
            return Done([[_lost(item, group)] for item in group.items if item.name in group.keys], [], 0)
        try:
            self._copies.fetch([item.name for item in group.items])
            self._work = self._work or self._open()
            with Writers() as writers:
                pending = list(LocalEngine().results(self._work, self._folder, [group], writers, self._told))
            records = [settled(each, self._folder) for each in pending]
            done = Done(records, *self._told.taken(), self._copies.publish())
        except FaceEditError as error:
            return error
        except Exception:
            return RuntimeError(traceback.format_exc())
        self._attempts.end.remote(name)
        return done

    def _open(self) -> Work[Any, Any, Any]:
        import cv2

        cv2.setNumThreads(self._threads)  # torch has it from Ray, in OMP_NUM_THREADS
        if self._place.is_dir():
            os.chdir(self._place)
        elif not self._copies:
            raise _not_shared(self._place)
        if not self._folder.is_here():
            raise _not_shared(self._folder.path)
        return self._reopen(self._folder, self._told)


class Copies:
    """Copies of mirrors on a machine that does not see those of the process that was started.

    Args:
        mirrors: Those of the batch.
        run: Its run folder.
    """

    def __init__(self, mirrors: Sequence[Mirror], run: Path) -> None:
        self._run = run
        self._own = {n: mirror for n, mirror in enumerate(mirrors) if not mirror.is_shared(mirror.folder == run)}
        self._names = {number: mirror.names() for number, mirror in self._own.items()}

    def __bool__(self) -> bool:
        return bool(self._own)

    def fetch(self, items: Sequence[str]) -> None:
        """Copy the files of some items here, and those that are of all."""
        theirs = of_items(items)
        for number, mirror in self._own.items():
            mine = mirror.folder == self._run
            if mine:
                (mirror.folder / LOCK).touch()  # the process that was started holds its own
            names = self._names[number].items()
            mirror.fetch({name: about for name, about in names if theirs(name) or (mine and "/" not in name)})

    def publish(self) -> dict[int, list[str]]:
        """Copy what is new in the run folder to its address; the names, by the number of the mirror."""
        return {number: mirror.publish() for number, mirror in self._own.items() if mirror.folder == self._run}


class Told(Progress):
    """Keeps what is told in a worker until it is sent."""

    def __init__(self) -> None:
        self._told: list[tuple[str, str]] = []
        self._images = 0

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        self._images += images

    def note(self, text: str) -> None:
        self._told.append(("note", text))

    def warn(self, text: str) -> None:
        self._told.append(("warn", text))

    def taken(self) -> tuple[list[tuple[str, str]], int]:
        """Sentences and images since the last call."""
        told, images = self._told, self._images
        self._told, self._images = [], 0
        return told, images


def _lost(item: Input, group: Group[Any]) -> Record:
    sentence = f"Its worker was lost {ATTEMPTS} times, perhaps for lack of memory: start again with fewer workers."
    return Record(item.name, str(item.path), group.keys[item.name], 1, error=sentence)


def _not_shared(folder: Path) -> BadInput:
    return BadInput(
        f"{socket.gethostname()} does not see {folder}: --engine ray needs folders that all machines share."
    )
