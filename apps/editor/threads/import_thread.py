"""The import thread: photos are read, crops become portraits, the one that is looked at before the others.

The encoder's guess makes a portrait usable at once; what the optimisation finds replaces it. A projection that is
cancelled leaves the guess.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.threads.clipboard_images import fetch, keep, tidy
from apps.editor.threads.import_latents import Arrival, Job, Projector
from apps.editor.threads.import_photos import Found, Photograph, Reader, Taken
from apps.editor.threads.render_context import RenderContext
from pipeline.core.types import Image

Task = Callable[[], Iterable[Found]]
"""What is read, once somebody wants it."""
TELL_EVERY = 0.1
"""Seconds between two reports of how far it is: quick iterations would drown the window in them."""
PATIENCE = 1.0
"""Seconds that a projection waits at most, each iteration, for a slider to be let go."""


class Cancelled(Exception):
    """Raised within a projection that the user does not want any more."""


class Importer(QObject):
    """Lives in the GUI thread; its thread guesses every crop before it refines any, the preferred one first."""

    arrived = pyqtSignal(object)
    """Arrival; twice for most portraits."""
    progressed = pyqtSignal(int, float)
    """Document, share of its projection that is done, 0..1."""
    pictured = pyqtSignal(int, object)
    """Document, what the generator makes of it so far."""
    failed = pyqtSignal(int, object)
    """Document, or 0 for what did not become one, and the exception."""
    cancelled = pyqtSignal(int)
    """Document."""
    photo_read = pyqtSignal(object)
    """Taken."""
    faces_found = pyqtSignal(object)
    """Photograph of several people: somebody has to say whom, with `cut`."""

    def __init__(self, studio: RenderContext, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self.cache = studio, cache
        self._reader, self._projector = Reader(studio), Projector(studio, cache)
        self._condition = threading.Condition()
        self._jobs: list[Job] = []
        self._tasks: list[Task] = []
        self._unwanted: set[int] = set()
        self._preferred, self._closed = 0, False
        self._thread = threading.Thread(target=self._run, name="editor import", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Give up what is under way and end the thread; returns when it has ended."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._studio.calm.set()
        if self._thread.is_alive():
            self._thread.join()

    def add(self, document: int, name: str, image: Image, crop: object | None = None) -> None:
        """Find the latent of a crop, uint8 (S, S, 3)."""
        with self._condition:
            self._jobs.append(Job(document, name, image, crop))
            self._condition.notify()

    def read(self, paths: Sequence[Path]) -> None:
        """Read photos and crops from files, or from all images of folders."""
        self._do(lambda: self._reader.read(paths))

    def keep(self, image: Image) -> None:
        """Read a photo that is in no file, uint8 (H, W, 3); it is put into one in the cache."""
        self._do(lambda: self._reader.read([keep(image, self._pasted)]))

    def fetch(self, link: str) -> None:
        """Read a photo that a browser shows; it is put into a file in the cache."""
        self._do(lambda: self._reader.read([fetch(link, self._pasted, self._go_on)]))

    def cut(self, photograph: Photograph, numbers: Sequence[int]) -> None:
        """Take these faces of a photo, 1 = the largest."""
        self._do(lambda: self._reader.cut(photograph, numbers))

    def demo(self, count: int) -> None:
        """Make the sample portraits, or find those of the last time."""
        self._do(lambda: self._reader.samples(self.cache / "portraits", count))

    def prefer(self, document: int) -> None:
        """This one is looked at: it comes before the others."""
        self._preferred = document

    def cancel(self, document: int) -> None:
        """Leave this one as it is."""
        with self._condition:
            self._unwanted.add(document)

    # In the import thread

    def _run(self) -> None:
        tidy(self._pasted)  # before anything of it is open
        while (task := self._take()) is not None:
            self._perform(task)

    def _perform(self, task: Job | Task) -> None:
        if isinstance(task, Job):
            self._serve(task)
            return
        try:
            for found in task():
                self._go_on()
                self._hand_out(found)
        except Cancelled:
            return
        except Exception as error:
            self.failed.emit(0, error)

    def _hand_out(self, found: Found) -> None:
        if isinstance(found, Taken):
            self.photo_read.emit(found)
        elif isinstance(found, Photograph):
            self.faces_found.emit(found)
        else:
            self.failed.emit(0, found)

    def _take(self) -> Job | Task | None:
        """What comes next; waits for something, and is None for ever after `stop`."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._jobs or self._tasks)
            return self._next(self._jobs)

    def _meanwhile(self) -> None:
        """What need not wait until a refinement has ended: photos to be read, and portraits without a guess."""
        while True:
            with self._condition:
                task = self._next([job for job in self._jobs if job.guess is None])
            if task is None:
                return
            self._perform(task)

    def _next(self, jobs: Sequence[Job]) -> Job | Task | None:
        if self._closed:
            return None
        if self._tasks:
            return self._tasks.pop(0)
        job = min(jobs, key=lambda job: (job.guess is not None, job.document != self._preferred), default=None)
        if job is not None:
            self._jobs.remove(job)
        return job

    def _do(self, task: Task) -> None:
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def _serve(self, job: Job) -> None:
        try:
            self._go_on(job.document)
            self._studio.open()
            if job.guess is not None:
                self.arrived.emit(self._refine(job, job.guess))
                return
            found = self._projector.known(job)
            if found is None:
                found = self._projector.guess(job)
                with self._condition:
                    self._jobs.append(replace(job, guess=found))
            self.arrived.emit(found)
        except Cancelled:
            self.cancelled.emit(job.document)
        except Exception as error:
            self.failed.emit(job.document, error)

    def _refine(self, job: Job, guess: Arrival) -> Arrival:
        last = time.monotonic()

        def told(share: float) -> None:
            nonlocal last
            self._go_on(job.document)
            self._meanwhile()
            self._studio.calm.wait(PATIENCE)
            if time.monotonic() - last > TELL_EVERY:
                self.progressed.emit(job.document, share)
                last = time.monotonic()

        return self._projector.refine(job, guess, told, lambda image: self.pictured.emit(job.document, image))

    def _go_on(self, document: int = 0) -> None:
        """Raises Cancelled when the thread is to end, or nobody wants this document any more."""
        if self._closed or document in self._unwanted:
            raise Cancelled

    @property
    def _pasted(self) -> Path:
        return self.cache / "opened"
