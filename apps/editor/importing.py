"""From a crop to a portrait with its latent, in the background: first the encoder's guess, then the optimisation.

The guess makes a portrait usable at once; what the optimisation finds replaces it and is kept for the next time. A
projection that is cancelled leaves the guess.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.preview import LARGEST
from apps.editor.studio import Studio
from pipeline.core.types import Image, Portrait, Translation

if TYPE_CHECKING:
    from apps.project_images import Places

SHOW_EVERY = 0.3
"""Seconds between two pictures of a projection that is under way."""
TELL_EVERY = 0.1
"""Seconds between two reports of how far it is: quick iterations would drown the window in them."""
PATIENCE = 1.0
"""Seconds that a projection waits at most, each iteration, for a slider to be let go."""


@dataclass(frozen=True, eq=False)
class Arrival:
    """A portrait with its latent. rough: only guessed · warning: why its edits may mean little, or nothing"""

    document: int
    portrait: Portrait
    translations: Mapping[str, Translation]
    present: Mapping[str, int]
    rough: bool
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Job:
    """A crop that is to become a portrait; with a guess it only needs refining."""

    document: int
    name: str
    image: Image
    crop: object | None
    guess: Arrival | None = None


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
    photo_read = pyqtSignal(str, object, object)
    """Name, crop, path."""

    def __init__(self, studio: Studio, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._cache = studio, cache
        self._condition = threading.Condition()
        self._jobs: list[Job] = []
        self._tasks: list[Callable[[], None]] = []
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
        """Read crops from files, or from all images of folders."""
        self._do(lambda: self._read(paths))

    def demo(self, count: int) -> None:
        """Make the sample portraits, or find those of the last time."""
        self._do(lambda: self._read(self._portraits(count)))

    def prefer(self, document: int) -> None:
        """This one is looked at: it comes before the others."""
        self._preferred = document

    def cancel(self, document: int) -> None:
        """Leave this one as it is."""
        with self._condition:
            self._unwanted.add(document)

    # In the import thread

    def _run(self) -> None:
        while (task := self._take()) is not None:
            if isinstance(task, Job):
                self._serve(task)
                continue
            try:
                task()
            except Exception as error:
                self.failed.emit(0, error)

    def _take(self) -> Job | Callable[[], None] | None:
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._jobs or self._tasks)
            if self._closed:
                return None
            if self._tasks:
                return self._tasks.pop(0)
            job = min(self._jobs, key=lambda job: (job.guess is not None, job.document != self._preferred))
            self._jobs.remove(job)
            return job

    def _do(self, task: Callable[[], None]) -> None:
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def _portraits(self, count: int) -> list[Path]:
        from apps.demo import render_portraits

        paths = [self._cache / "portraits" / f"portrait_{number}.png" for number in range(1, count + 1)]
        if not all(path.is_file() for path in paths):
            render_portraits(paths[0].parent, count)
        return paths

    def _read(self, given: Sequence[Path]) -> None:
        from pipeline.core.images import list_images
        from pipeline.latents import read_crop

        for place in given:
            try:
                for path in list_images(place) if place.is_dir() else [place]:
                    self.photo_read.emit(path.stem, read_crop(path), path)
            except Exception as error:
                self.failed.emit(0, error)

    def _serve(self, job: Job) -> None:
        try:
            self._check(job)
            self._studio.open()
            if job.guess is not None:
                self.arrived.emit(self._refine(job, job.guess))
                return
            found = self._known(job)
            if found is None:
                found = self._guess(job)
                with self._condition:
                    self._jobs.append(Job(job.document, job.name, job.image, job.crop, found))
            self.arrived.emit(found)
        except Cancelled:
            self.cancelled.emit(job.document)
        except Exception as error:
            self.failed.emit(job.document, error)

    def _check(self, job: Job) -> None:
        if self._closed or job.document in self._unwanted:
            raise Cancelled

    def _guess(self, job: Job) -> Arrival:
        """The encoder's reading; without an encoder the mean face."""
        models = self._studio.models
        if models.set.files and "encoder" not in models.set.files:
            shape = models.set.n_style, models.set.dim
            latent = np.broadcast_to(models.generator.mean_latent.cpu().numpy(), shape).copy()
        else:
            latent = models.encoder.encode([job.image])[0]
        return self._arrival(job, latent, rough=self._studio.config.projection.n_iter > 0)

    def _refine(self, job: Job, guess: Arrival) -> Arrival:
        from pipeline.render import arithmetic
        from pipeline.tuning import tune_portrait
        from projection.inversion import project, unknown_face_warning

        studio, models, settings = self._studio, self._studio.models, self._studio.config.projection
        if not settings.n_iter:
            return guess
        told = shown = time.monotonic()

        def progress(done: int, most: int, loss: float) -> None:
            nonlocal told
            self._check(job)
            studio.calm.wait(PATIENCE)
            if time.monotonic() - told > TELL_EVERY:
                self.progressed.emit(job.document, done / most)
                told = time.monotonic()

        def watch(latents: Any) -> None:
            nonlocal shown
            if time.monotonic() - shown > SHOW_EVERY:
                level = models.generator.resolution if models.generator.resolution <= LARGEST else None
                picture = models.generator.render(latents[:1].detach(), size=level)[0]
                self.pictured.emit(job.document, picture)
                shown = time.monotonic()

        with arithmetic("float32", models.device):
            perceptual = models.perceptual if settings.perceptual else None
            found = project([job.image], models.generator, models.encoder, perceptual, settings, progress, watch)
            latent, recon, tuning = found.latents[0], found.recon[0], None
            if settings.tuning.steps:
                from pipeline.core.images import resize

                target = resize(job.image, models.generator.resolution)
                tuned = tune_portrait(target, latent, recon, models, settings, progress)
                tuning, recon = tuned.tuning, tuned.reconstruction
        psnr = round(float(found.psnr[0]), 3)
        name, made_from = self._key(job)
        note = {"space": models.space, "made_from": made_from, "psnr": psnr}
        self._places().store(name, note | ({"tuned_psnr": psnr} if tuning else {}), latent, recon, tuning)
        return self._arrival(job, latent, False, unknown_face_warning(psnr, models.set.name) or "", tuning)

    def _known(self, job: Job) -> Arrival | None:
        """What was found for the same pixels, settings and weights another time."""
        from pipeline.tuning import load_tuning
        from projection.inversion import unknown_face_warning

        name, made_from = self._key(job)
        places, models = self._places(), self._studio.models
        note = places.stored(name, made_from, models.space)
        if note is None:
            return None
        tuning = load_tuning(places.tuning(name)) if "tuned_psnr" in note else None
        warning = unknown_face_warning(note["psnr"], models.set.name) or ""
        return self._arrival(job, np.load(places.latent(name), allow_pickle=False), False, warning, tuning)

    def _arrival(self, job: Job, latent: Any, rough: bool, warning: str = "", tuning: Any = None) -> Arrival:
        from pipeline.choose import present_classes

        models = self._studio.models
        portrait = Portrait(job.name, job.image, latent, models.space, job.crop, tuning)
        present = present_classes(job.name, job.image, models)
        return Arrival(job.document, portrait, self._studio.translations(present), present, rough, warning)

    def _places(self) -> Places:
        from apps.project_images import Places

        return Places(self._cache)

    def _key(self, job: Job) -> tuple[str, str]:
        """Name in the cache, and hash of what decides a latent: pixels, settings, weights."""
        studio = self._studio
        pixels = hashlib.sha256(job.image.tobytes()).hexdigest()
        settings = f"{studio.config.projection.model_dump_json()} {studio.models.fingerprint}"
        made_from = hashlib.sha256(f"{pixels} {job.image.shape} {settings}".encode()).hexdigest()
        return made_from[:24], made_from
