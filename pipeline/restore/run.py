"""A folder of photos through restoration: reads ahead, restores the faces of several photos at once, writes behind."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers, read_ahead, sentence, writing
from pipeline.core.errors import FaceEditError
from pipeline.core.files import sha256
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.photo.photo import Photo, write_photo
from pipeline.restore.job import Item, RestoreJob, items, portions
from pipeline.restore.nets import RestoreNets, open_nets
from pipeline.restore.photo import PhotoFaces, enlarged, finished, prepare
from pipeline.restore.stats import Record, Statistics

if TYPE_CHECKING:
    import torch

RESTORED, COMPARISONS = "restored", "comparisons"
COMPARED = 1024
"""Most rows of a comparison, pixels."""

STATISTICS_SECONDS = 5.0

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many photos are done, and of how many."""


@dataclass
class Outcome:
    """What a restoration did. before: photos that were done already · failed: sentences by photo."""

    folder: Path
    inputs: int
    before: int
    restored: int = 0
    faces: int = 0
    without_face: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def run(job: RestoreJob, device: "torch.device", progress: Progress | None = None) -> Outcome:
    """Do what is not done yet of a job.

    Errors of one photo are noted and the others go on; those of the whole run are raised: BadInput, MissingWeights,
    RunConflict, CannotWrite, OutOfMemory. Killed at any moment and started again, the results have the same bytes.
    """
    photos = items(job)
    tools = open_nets(job, device)
    with RunFolder(job.output_dir) as folder:
        folder.agree(job.settings(), tools.identity)
        return _Run(job, tools, photos, progress or (lambda *_: None)).go()


class _Run:
    """The state of one run."""

    def __init__(self, job: RestoreJob, tools: RestoreNets, photos: list[Item], progress: Progress) -> None:
        self.job, self.tools, self.photos, self.progress = job, tools, photos, progress
        self.statistics = Statistics(job.output_dir)
        self.began = self.written = time.monotonic()
        self.pending: deque[tuple[Record, Future[str | None] | None]] = deque()
        self.digests: dict[str, str] = {}
        self.before = 0

    def go(self) -> Outcome:
        self.digests = {item.name: _digest(item.path) for item in self.photos}
        todo = {item.name for item in self.photos if not self._complete(item)}
        kept = {item.name: self.statistics.records.get(item.name) for item in self.photos if item.name not in todo}
        self.statistics.records = {name: record for name, record in kept.items() if record is not None}
        self.before = len(kept)
        outcome = Outcome(self.job.output_dir / RESTORED, len(self.photos), self.before)
        work = [portion for portion in portions(self.photos) if any(item.name in todo for item in portion)]
        self.progress("restoring", self.before, len(self.photos))
        try:
            with Writers() as writers:
                for portion in read_ahead(partial(self._read, portion) for portion in work):
                    self._portion(portion.result(), todo, writers)
                while self.pending:
                    self._note()
        finally:
            while self.pending:  # after an interruption only what is on disk counts
                record, file = self.pending.popleft()
                if file is None or (file.done() and not file.cancelled() and file.exception() is None):
                    self._count(record, file)
            self._write_statistics()
        return self._told(outcome, todo)

    def path(self, name: str) -> Path:
        """Where a photo's result lies."""
        return self.job.output_dir / RESTORED / f"{name}.png"

    def comparison(self, name: str) -> Path:
        """Where a photo's comparison lies."""
        return self.job.output_dir / COMPARISONS / f"{name}_compare.jpg"

    def _complete(self, item: Item) -> bool:
        record = self.statistics.done(item.name, self.digests[item.name])
        if record is None or record.status == "skipped":
            return record is not None
        wanted = [self.path(item.name)] + ([self.comparison(item.name)] if self.job.comparisons else [])
        return all(path.is_file() for path in wanted)

    def _read(self, portion: list[Item]) -> tuple[float, list[PhotoFaces | Record]]:
        """Every photo of a portion with its faces, or why it cannot be used; and the seconds that took."""
        began = time.monotonic()
        found: list[PhotoFaces | Record] = []
        for item in portion:
            try:
                found.append(prepare(item, self.tools))
            except Exception as error:
                found.append(self._failed(item, error))
        return time.monotonic() - began, found

    def _portion(self, read: tuple[float, list[PhotoFaces | Record]], todo: set[str], writers: Writers) -> None:
        began = time.monotonic()
        seconds, found = read
        subjects = [one for one in found if isinstance(one, PhotoFaces)]
        restored = iter(self.tools.restorer.restore([face.image for one in subjects for face in one.faces]))
        for one in found:
            faces = [next(restored) for _ in one.faces] if isinstance(one, PhotoFaces) else []
            name = one.item.name if isinstance(one, PhotoFaces) else one.name
            if name not in todo:
                continue
            record, file = (one, None) if isinstance(one, Record) else self._deliver(one, faces, writers)
            share = (seconds + time.monotonic() - began) / len(found)
            self.pending.append((replace(record, seconds=round(share, 4)), file))
        while len(self.pending) > len(found):
            self._note()

    def _deliver(
        self, one: PhotoFaces, faces: list[Image], writers: Writers
    ) -> "tuple[Record, Future[str | None] | None]":
        """A photo's record, and its file that is being written."""
        record = Record(
            one.item.name,
            str(one.item.path),
            "restored" if faces else "no face" if self.job.no_face == "keep" else "skipped",
            self.digests[one.item.name],
            one.found,
            len(faces),
        )
        if record.status == "skipped":
            return record, None
        try:
            large = enlarged(one.photo, self.job.upscale, self.tools)
        except Exception as error:
            return self._failed(one.item, error), None
        return record, writers.submit(self._write, one, large, faces)

    def _write(self, one: PhotoFaces, large: Photo, faces: list[Image]) -> str | None:
        """Put the faces back and write the photo; returns what went wrong, unless nothing can be written at all."""
        try:
            recipe = {"restored": self.job.settings(), "faces": len(faces)}
            result = finished(one, large, faces, recipe if faces or self.tools.upscaler else None)
            write_photo(self.path(one.item.name), result, self.job.gps)
            if self.job.comparisons:
                write_image(self.comparison(one.item.name), side_by_side(one.photo.rgb, result.rgb))
        except FaceEditError:
            raise
        except Exception as error:
            return sentence(error)
        return None

    def _failed(self, item: Item, error: Exception) -> Record:
        return Record(item.name, str(item.path), "failed", self.digests[item.name], error=sentence(error))

    def _note(self) -> None:
        """Wait until a photo's file is written, then count it; now and then keep the statistics."""
        record, file = self.pending[0]
        self._count(record, file)
        self.pending.popleft()
        new = len(self.statistics.records) - self.before
        speed = new / max(time.monotonic() - self.began, 1e-3)
        self.progress(f"restoring, {speed:.1f} images/s", self.before + new, len(self.photos))
        if time.monotonic() - self.written > STATISTICS_SECONDS:
            self._write_statistics()

    def _count(self, record: Record, file: "Future[str | None] | None") -> None:
        error = file.result() if file is not None else None
        self.statistics.records[record.name] = (
            record if error is None else replace(record, status="failed", error=error)
        )

    def _write_statistics(self) -> None:
        with writing():
            inputs = {item.name: item.path for item in self.photos}
            settings = {**self.job.settings(), "device": self.tools.identity["device"]}
            self.statistics.write(inputs, settings, time.monotonic() - self.began)
        self.written = time.monotonic()

    def _told(self, outcome: Outcome, todo: set[str]) -> Outcome:
        for name, record in self.statistics.records.items():
            if record.error is not None:
                outcome.failed[name] = record.error
            elif record.status != "restored":
                outcome.without_face.append(name)
            if name in todo and record.status == "restored":
                outcome.restored += 1
                outcome.faces += record.restored
        outcome.seconds = time.monotonic() - self.began
        return outcome


def side_by_side(before: Image, after: Image) -> Image:
    """A photo before and after, at the same size, beside each other; at most COMPARED rows."""
    import cv2

    height = min(len(after), COMPARED)
    size = (max(round(after.shape[1] * height / len(after)), 1), height)
    pair = [
        cv2.resize(one, size, interpolation=cv2.INTER_AREA if len(one) > height else cv2.INTER_LANCZOS4)
        for one in (before, after)
    ]
    return np.asarray(np.concatenate(pair, axis=1), np.uint8)


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:  # it cannot be read, which is said when it is its turn
        return ""
