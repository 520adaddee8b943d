"""From a photo to a portrait with its latent, in the background: its crop, the encoder's guess, the optimisation.

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

from apps.editor.photographs import Photograph, fetch, keep, look
from apps.editor.preview import LARGEST
from apps.editor.studio import Studio
from pipeline.core.errors import BadInput
from pipeline.core.types import Image, Portrait, Translation

if TYPE_CHECKING:
    from apps.project_images import Places
    from pipeline.detector import Face, FaceDetector

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


@dataclass(frozen=True, eq=False)
class Taken:
    """A crop that was read or cut out, uint8 (S, S, 3). crop: where it lies in the photo, or none · first: of what the
    user asked for, which wants to be looked at"""

    name: str
    image: Image
    path: Path
    crop: object | None = None
    first: bool = False


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

    def __init__(self, studio: Studio, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self.cache = studio, cache
        self._condition = threading.Condition()
        self._jobs: list[Job] = []
        self._tasks: list[Callable[[], None]] = []
        self._unwanted: set[int] = set()
        self._detector: FaceDetector | None = None
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
        self._do(lambda: self._read(paths))

    def keep(self, image: Image) -> None:
        """Read a photo that is in no file, uint8 (H, W, 3); it is put into one in the cache."""
        self._do(lambda: self._read([keep(image, self.cache / "opened")]))

    def fetch(self, link: str) -> None:
        """Read a photo that a browser shows; it is put into a file in the cache."""
        self._do(lambda: self._read([fetch(link, self.cache / "opened")]))

    def cut(self, photograph: Photograph, numbers: Sequence[int]) -> None:
        """Take these faces of a photo, 1 = the largest."""
        self._do(lambda: self._cut(photograph, numbers, True))

    def demo(self, count: int) -> None:
        """Make the sample portraits, or find those of the last time."""
        self._do(lambda: self._samples(count))

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
            self._perform(task)

    def _perform(self, task: Job | Callable[[], None]) -> None:
        if isinstance(task, Job):
            self._serve(task)
            return
        try:
            task()
        except Exception as error:
            self.failed.emit(0, error)

    def _take(self) -> Job | Callable[[], None] | None:
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

    def _next(self, jobs: Sequence[Job]) -> Job | Callable[[], None] | None:
        if self._closed:
            return None
        if self._tasks:
            return self._tasks.pop(0)
        job = min(jobs, key=lambda job: (job.guess is not None, job.document != self._preferred), default=None)
        if job is not None:
            self._jobs.remove(job)
        return job

    def _do(self, task: Callable[[], None]) -> None:
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def _samples(self, count: int) -> None:
        from apps.demo import render_portraits
        from pipeline.latents import read_crop

        paths = [self.cache / "portraits" / f"portrait_{number}.png" for number in range(1, count + 1)]
        if not all(path.is_file() for path in paths):
            render_portraits(paths[0].parent, count)
        for path in paths:
            self.photo_read.emit(Taken(path.stem, read_crop(path), path))

    def _read(self, given: Sequence[Path]) -> None:
        """Every photo of files and folders; one that cannot be read does not keep the others from it."""
        from pipeline.core.images import list_images

        first = True
        for place in given:
            try:
                paths = list_images(place) if place.is_dir() else [place]
                if not paths:
                    raise BadInput(f"There are no images in {place}.")
            except Exception as error:
                self.failed.emit(0, error)
                continue
            for path in paths:
                if self._closed:
                    return
                try:
                    first = self._look(path, first)
                except Exception as error:
                    self.failed.emit(0, error)

    def _look(self, path: Path, first: bool) -> bool:
        """Whether the next photo is the first one to be looked at."""
        found = look(path, self._detect)
        if not found.faces:
            self.photo_read.emit(Taken(found.name, found.image, path, first=first))
            return False
        if len(found.usable) == 1:
            self._cut(found, found.usable, first)
            return False
        self.faces_found.emit(found)
        return first

    def _cut(self, found: Photograph, numbers: Sequence[int], first: bool) -> None:
        self._studio.open()
        for number in numbers:
            image, crop = found.cut(number, self._studio.models.set.resolution)
            name = found.name if len(found.faces) == 1 else f"{found.name} {number}"
            self.photo_read.emit(Taken(name, image, found.path, crop, first))
            first = False

    def _detect(self, image: Image) -> list[Face]:
        """The faces of a photo; MissingWeights until the detector is fetched."""
        if self._detector is None:
            from pipeline.faces import open_detector

            self._detector = open_detector()
        return self._detector.detect(image)

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
            self._meanwhile()
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

        return Places(self.cache)

    def _key(self, job: Job) -> tuple[str, str]:
        """Name in the cache, and hash of what decides a latent: pixels, settings, weights."""
        studio = self._studio
        pixels = hashlib.sha256(job.image.tobytes()).hexdigest()
        settings = f"{studio.config.projection.model_dump_json()} {studio.models.fingerprint}"
        made_from = hashlib.sha256(f"{pixels} {job.image.shape} {settings}".encode()).hexdigest()
        return made_from[:24], made_from
