"""Rendered people in files of a few dozen each, written by several processes; a killed run goes on where it stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.core.attributes import attributes, canonical
from pipeline.core.errors import OutOfMemory
from pipeline.core.files import atomic_file, require_space
from pipeline.core.progress import SILENT, Progress
from pipeline.core.version import package_version
from pipeline.world.attributes import shows, values
from pipeline.world.extra import renderer, renderer_version
from pipeline.world.person import Look, Person, counterfactual, draw, on_another_occasion
from pipeline.world.portrait import stacked

PEOPLE = 40  # of a file
OCCASIONS = 500_000_000  # first seed of another occasion, less that of the person
Pairs = Literal["", "edit", "occasion"]
EVEN_SHARE = 0.6  # of the attributes of people with even attributes
BYTES = 3  # of a file for each pixel of its pictures, all truth included


@dataclass(frozen=True)
class Plan:
    """What a folder of people holds.

    Attributes:
        look: Of all people.
        size: Side of the pictures, pixels.
        first: Seed of the first person; the others follow.
        pairs: What the picture after a person is: the same person in the same place and light with another value of
            one attribute ("edit"), or on another occasion; "" for the next person.
        even: Whether the attributes are drawn as by `evenly` instead of as in the population.
    """

    look: Look = "studio"
    size: int = 256
    first: int = 0
    pairs: Pairs = ""
    even: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """What a folder records; of `even` only that it is so: folders from before there was a choice go on."""
        return {name: value for name, value in asdict(self).items() if name != "even" or value}


@dataclass(frozen=True)
class Shard:
    """A file of `count` people from the seed `first` on."""

    path: Path
    plan: Plan
    first: int
    count: int

    @property
    def pictures(self) -> int:
        """Number of its pictures."""
        return self.count * (2 if self.plan.pairs else 1)

    def is_complete(self) -> bool:
        """Whether the file is there and not one of fewer people, as the last one of a smaller folder is."""
        with suppress(OSError, ValueError, KeyError, zipfile.BadZipFile), np.load(self.path) as file:
            return len(file["people"]) >= self.pictures
        return False

    def write(self) -> int:
        """Write the file; the number of its pictures.

        It holds what `stacked` says, and edits: the name of the edit that makes a picture out of the one before,
        "occasion", or "".
        """
        from pipeline.world.render import render

        people, edits = zip(*self._drawn(), strict=True)
        portraits = [render(person, self.plan.size) for person in people]
        with atomic_file(self.path) as file:
            np.savez_compressed(file, edits=np.array(edits), **stacked(people, portraits))  # type: ignore[arg-type]
        return self.pictures

    def _drawn(self) -> Iterator[tuple[Person, str]]:
        for seed in range(self.first, self.first + self.count):
            person = draw(seed, self.plan.look)
            if self.plan.even:
                person = evenly(person)
            yield person, ""
            if self.plan.pairs == "occasion":
                yield on_another_occasion(person, OCCASIONS + seed), "occasion"
            elif self.plan.pairs:
                edit = draw_edit(person)
                yield counterfactual(person, **canonical(edit)), edit


def draw_edit(person: Person) -> str:
    """An identifier whose counterfactual shows on a person; all of them are equally likely."""
    names = [name for attribute in attributes().values() for name in attribute.identifiers if shows(person, name)]
    return str(np.random.default_rng([person.seed, *b"edit"]).choice(names))


def evenly(person: Person) -> Person:
    """The person with most attributes drawn anew: every class of one is as likely, every value of a cursor too.

    Nets that read rare classes and ends of cursors from a population alone find too few of them.
    """
    rng = np.random.default_rng([person.seed, *b"even"])
    for code in values(person):
        attribute = attributes()[code]
        if rng.random() >= EVEN_SHARE:
            continue
        if attribute.kind == "cursor":
            (parameter,) = attribute.parameters
            person = counterfactual(person, **{parameter: float(rng.uniform(-1, 1))})
        else:
            person = counterfactual(person, **canonical(str(rng.choice(attribute.identifiers))))
    return person


def shards(folder: Path, count: int, plan: Plan) -> list[Shard]:
    """The files of `count` people in a folder."""
    end = plan.first + count
    return [Shard(folder / f"{s:09d}.npz", plan, s, min(PEOPLE, end - s)) for s in range(plan.first, end, PEOPLE)]


def write_people(
    folder: Path,
    count: int,
    plan: Plan,
    workers: int,
    progress: Progress = SILENT,
    option: str = "--output-dir",
) -> None:
    """Write people to FOLDER/SEED.npz, PEOPLE a file; files that are complete are kept.

    Args:
        folder: New folder, or one of the same plan to go on with.
        count: Number of people; twice as many pictures with `plan.pairs`.
        plan: What they are.
        workers: Rendering processes. The bytes do not depend on it.
        progress: Receives the number of finished files and their pictures.
        option: Option of the command that names the folder.

    Raises:
        BadInput: A file is missing and so is the extra `world`, or the folder cannot be written to or has too little
            room.
        RunConflict: The folder is of another plan, version or renderer, or another process writes to it.
        OutOfMemory: A rendering process was killed.
    """
    with RunFolder(folder, option) as held:
        held.agree(plan.settings, {"version": package_version(), "renderer": renderer_version()})
        every = shards(folder, count, plan)
        missing = [shard for shard in every if not shard.is_complete()]
        if missing:
            renderer()
        require_space(folder, sum(shard.pictures for shard in missing) * plan.size**2 * BYTES, option)
        progress.start(len(every), len(every) - len(missing))
        progress.step(f"rendering {folder.name}")
        _write(missing, workers, progress)


def _write(missing: Sequence[Shard], workers: int, progress: Progress) -> None:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)
    try:
        for finished in as_completed([pool.submit(shard.write) for shard in missing]):
            progress.advance(images=finished.result())
    except BrokenProcessPool as error:
        raise OutOfMemory("A rendering process was killed: start again with fewer --workers to continue.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Let a rendering process end at once and silently with Ctrl+C, and with the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
