"""Crop to latent: from the cache, estimated by the encoder, refined by optimisation.

For the import thread.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.editor.threads.render_context import RenderContext
from pipeline.core.types import Floats, Image, Portrait, Translation, Tuning
from pipeline.edit.preview import LARGEST

if TYPE_CHECKING:
    from apps.project_images import Places

SHOW_EVERY = 0.3
"""Seconds between two pictures of a projection that is under way."""


@dataclass(frozen=True, eq=False)
class Arrival:
    """A portrait with its latent.

    Attributes:
        rough: The latent is only the encoder's estimate.
        warning: Why its edits may mean little; empty otherwise.
    """

    document: int
    portrait: Portrait
    translations: Mapping[str, Translation]
    present: Mapping[str, int]
    rough: bool
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Job:
    """A crop to project; with a guess only the refinement is left."""

    document: int
    name: str
    image: Image
    crop: object | None
    guess: Arrival | None = None


class Projector:
    """Finds latents; those of an optimisation are kept in the folder `cache`."""

    def __init__(self, context: RenderContext, cache: Path) -> None:
        self._context, self._cache = context, cache

    def known(self, job: Job) -> Arrival | None:
        """The latent of an earlier import of the same pixels, settings and weights."""
        from pipeline.edit.invert import load_tuning
        from projection.inversion.project import unknown_face_warning

        name, made_from = self._key(job)
        places, models = self._places(), self._context.models
        note = places.stored(name, made_from, models.space)
        if note is None:
            return None
        tuning = load_tuning(places.tuning(name)) if "tuned_psnr" in note else None
        warning = unknown_face_warning(note["psnr"], models.set.name) or ""
        return self._arrival(job, np.load(places.latent(name), allow_pickle=False), False, warning, tuning)

    def guess(self, job: Job) -> Arrival:
        """The encoder's latent; without an encoder the mean face."""
        models = self._context.models
        encoder = models.encoder_or_none
        if encoder is None:
            shape = models.set.n_style, models.set.dim
            latent = np.broadcast_to(models.generator.mean_latent.cpu().numpy(), shape).copy()
        else:
            latent = encoder.encode([job.image])[0]
        return self._arrival(job, latent, rough=self._context.config.projection.n_iter > 0)

    def refine(
        self, job: Job, guess: Arrival, told: Callable[[float], None], pictured: Callable[[Image], None]
    ) -> Arrival:
        """What the optimisation finds; the guess where the settings ask for none.

        told: gets the share that is done after each iteration, and may raise to give the rest up · pictured: gets what
        the generator makes of it so far, uint8 (S, S, 3), now and then
        """
        from pipeline.edit.invert import tune_portrait
        from pipeline.edit.render import arithmetic
        from projection.inversion.project import project, unknown_face_warning

        models, settings = self._context.models, self._context.config.projection
        if not settings.n_iter:
            return guess
        shown = time.monotonic()

        def watch(latents: Any) -> None:
            nonlocal shown
            if time.monotonic() - shown > SHOW_EVERY:
                size = models.generator.resolution if models.generator.resolution <= LARGEST else None
                pictured(models.generator.render(latents[:1].detach(), size=size)[0])
                shown = time.monotonic()

        def progress(done: int, most: int, loss: float) -> None:
            told(done / most)

        with arithmetic("float32", models.device):
            perceptual = models.perceptual if settings.perceptual else None
            encoder = models.encoder_or_none
            found = project([job.image], models.generator, encoder, perceptual, settings, progress, watch)
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

    def _arrival(
        self, job: Job, latent: Floats, rough: bool, warning: str = "", tuning: Tuning | None = None
    ) -> Arrival:
        from pipeline.edit.select_edits import present_classes

        models = self._context.models
        portrait = Portrait(job.name, job.image, latent, models.space, job.crop, tuning)
        present = present_classes(job.name, job.image, models)
        return Arrival(job.document, portrait, self._context.translations(present), present, rough, warning)

    def _places(self) -> Places:
        from apps.project_images import Places

        return Places(self._cache)

    def _key(self, job: Job) -> tuple[str, str]:
        """Name in the cache, and hash of what decides a latent: pixels, settings, weights."""
        context = self._context
        pixels = hashlib.sha256(job.image.tobytes()).hexdigest()
        settings = f"{context.config.projection.model_dump_json()} {context.models.fingerprint}"
        made_from = hashlib.sha256(f"{pixels} {job.image.shape} {settings}".encode()).hexdigest()
        return made_from[:24], made_from
