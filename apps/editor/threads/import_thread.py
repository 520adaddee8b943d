"""Import thread: reading of photos and projection of crops, the selected one first.

The encoder's estimate makes a portrait usable at once; the optimised latent replaces it, unless it is cancelled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.threads.clipboard_images import fetch, store, trim
from apps.editor.threads.import_latents import Arrival, Job, Projector
from apps.editor.threads.import_photos import Imported, ImportedCrop, ImportedPhoto, PhotoReader
from apps.editor.threads.render_context import RenderContext
from pipeline.core.types import Image

ReadTask = Callable[[], Iterable[Imported]]
PROGRESS_INTERVAL = 0.1
"""Seconds between two progress reports: one per iteration would overload the window."""
IDLE_TIMEOUT = 1.0
"""Longest wait, in seconds, of an iteration for a slider to be released."""


class Cancelled(Exception):
    """Raised within a cancelled projection."""


class Importer(QObject):
    """GUI-thread interface of the import thread, which encodes all crops before refining any, the preferred one first.

    Attributes:
        cache: Folder for latents and pasted images.
    """

    projected = pyqtSignal(object)
    """Arrival; for most portraits two."""
    progressed = pyqtSignal(int, float)
    """Document number, completed share of its projection, 0..1."""
    reconstructed = pyqtSignal(int, object)
    """Document number, the generator's image of its current latent, uint8 (S, S, 3)."""
    failed = pyqtSignal(int, object)
    """Document number, or 0 for a file that was not opened, and the exception."""
    cancelled = pyqtSignal(int)
    """Document number."""
    crop_imported = pyqtSignal(object)
    """ImportedCrop."""
    faces_found = pyqtSignal(object)
    """ImportedPhoto with several faces, to be answered by `crop_faces`."""

    def __init__(self, context: RenderContext, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self.cache = context, cache
        self._reader, self._projector = PhotoReader(context), Projector(context, cache)
        self._condition = threading.Condition()
        self._jobs: list[Job] = []
        self._tasks: list[ReadTask] = []
        self._cancelled: set[int] = set()
        self._preferred, self._closed = 0, False
        self._thread = threading.Thread(target=self._run, name="editor import", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel the current work and wait for the thread to end."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._context.idle.set()
        if self._thread.is_alive():
            self._thread.join()

    def add(self, document: int, name: str, image: Image, crop: object | None = None) -> None:
        """Queue the projection of a crop, uint8 (S, S, 3)."""
        with self._condition:
            self._jobs.append(Job(document, name, image, crop))
            self._condition.notify()

    def read(self, paths: Sequence[Path]) -> None:
        """Read photos and crops from files, or from all images of folders."""
        self._submit(lambda: self._reader.read(paths))

    def read_pixels(self, image: Image) -> None:
        """Read a photo without a file, uint8 (H, W, 3), after storing it in the cache."""
        self._submit(lambda: self._reader.read([store(image, self._pasted_folder)]))

    def read_link(self, link: str) -> None:
        """Read the photo behind a browser's link, after downloading it into the cache."""
        self._submit(lambda: self._reader.read([fetch(link, self._pasted_folder, self._check_cancelled)]))

    def crop_faces(self, photo: ImportedPhoto, numbers: Sequence[int]) -> None:
        """Open these faces of a photo, 1 = the largest."""
        self._submit(lambda: self._reader.crop_faces(photo, numbers))

    def read_samples(self, count: int) -> None:
        """Read the first sample portraits."""
        self._submit(lambda: self._reader.read_samples(count))

    def prefer(self, document: int) -> None:
        """Project this document before others."""
        self._preferred = document

    def cancel(self, document: int) -> None:
        """Cancel the projection of this document, which keeps its latest latent."""
        with self._condition:
            self._cancelled.add(document)

    # In the import thread

    def _run(self) -> None:
        trim(self._pasted_folder)  # before any of its files is in use
        while (item := self._take()) is not None:
            self._process(item)

    def _process(self, item: Job | ReadTask) -> None:
        if isinstance(item, Job):
            self._project(item)
            return
        try:
            for imported in item():
                self._check_cancelled()
                if isinstance(imported, ImportedCrop):
                    self.crop_imported.emit(imported)
                elif isinstance(imported, ImportedPhoto):
                    self.faces_found.emit(imported)
                else:
                    self.failed.emit(0, imported)
        except Cancelled:
            return
        except Exception as error:
            self.failed.emit(0, error)

    def _take(self) -> Job | ReadTask | None:
        """Wait for the next item; None after `stop`."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._jobs or self._tasks)
            return self._next(self._jobs)

    def _process_urgent(self) -> None:
        """Read photos and encode portraits without an estimate, between two iterations of a refinement."""
        while True:
            with self._condition:
                item = self._next([job for job in self._jobs if job.guess is None])
            if item is None:
                return
            self._process(item)

    def _next(self, jobs: Sequence[Job]) -> Job | ReadTask | None:
        if self._closed:
            return None
        if self._tasks:
            return self._tasks.pop(0)
        job = min(jobs, key=lambda job: (job.guess is not None, job.document != self._preferred), default=None)
        if job is not None:
            self._jobs.remove(job)
        return job

    def _submit(self, task: ReadTask) -> None:
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def _project(self, job: Job) -> None:
        try:
            self._check_cancelled(job.document)
            self._context.open()
            if job.guess is not None:
                self.projected.emit(self._refine(job, job.guess))
                return
            arrival = self._projector.known(job)
            if arrival is None:
                arrival = self._projector.guess(job)
                with self._condition:
                    self._jobs.append(replace(job, guess=arrival))
            self.projected.emit(arrival)
        except Cancelled:
            self.cancelled.emit(job.document)
        except Exception as error:
            self.failed.emit(job.document, error)

    def _refine(self, job: Job, guess: Arrival) -> Arrival:
        last = time.monotonic()

        def report(share: float) -> None:
            nonlocal last
            self._check_cancelled(job.document)
            self._process_urgent()
            self._context.idle.wait(IDLE_TIMEOUT)
            if time.monotonic() - last > PROGRESS_INTERVAL:
                self.progressed.emit(job.document, share)
                last = time.monotonic()

        return self._projector.refine(job, guess, report, lambda image: self.reconstructed.emit(job.document, image))

    def _check_cancelled(self, document: int = 0) -> None:
        """Raise Cancelled if the thread must end or the projection of this document was cancelled."""
        if self._closed or document in self._cancelled:
            raise Cancelled

    @property
    def _pasted_folder(self) -> Path:
        return self.cache / "opened"
