"""Crop to latent, in the import thread: from the cache, estimated by the encoder, refined by optimisation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.editor.threads.render_context import RenderContext
from pipeline.core.progress import Progress
from pipeline.core.types import Floats, Image, Portrait, Translation, Tuning
from pipeline.edit.invert import NO_FIGURES, unknown_face
from pipeline.edit.latent_store import LatentStore, StoredLatent
from pipeline.edit.preview import LARGEST

if TYPE_CHECKING:
    from torch import Tensor

PHOTOGRAPH = "The generator does not know this face: what it would have to draw is switched off."
"""Warning about a photograph whose other edits are made of its own pixels."""
PICTURE_INTERVAL = 0.3
"""Seconds between two intermediate pictures of a projection."""


@dataclass(frozen=True, eq=False)
class Arrival:
    """A portrait with its latent.

    Attributes:
        translations: Translations that apply to the portrait, by identifier.
        present: Class of the portrait by attribute code.
        rough: The latent is only the encoder's estimate.
        warning: Reason why its edits may be unreliable, or empty.
        refused: Reason by identifier of the edits that do not suit the portrait.
    """

    document: int
    portrait: Portrait
    translations: Mapping[str, Translation]
    present: Mapping[str, int]
    rough: bool
    warning: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Job:
    """A crop to project, uint8 (S, S, 3); with a guess only the refinement remains."""

    document: int
    name: str
    image: Image
    crop: object | None
    guess: Arrival | None = None


class Projector:
    """Finds latents with the models of `context`; optimised ones are stored in the folder `cache`."""

    def __init__(self, context: RenderContext, cache: Path) -> None:
        self._context, self._cache = context, cache

    def known(self, job: Job) -> Arrival | None:
        """The stored latent for the same pixels, settings and weights, if any."""
        store, name, key = self._store_entry(job)
        stored = store.stored(name, key)
        return None if stored is None else self._stored_arrival(job, stored)

    def guess(self, job: Job) -> Arrival:
        """The encoder's latent; without an encoder the mean latent."""
        models = self._context.models
        encoder = models.encoder_or_none
        if encoder is None:
            shape = models.set.n_style, models.set.dim
            latent = np.broadcast_to(models.generator.mean_latent.cpu().numpy(), shape).copy()
        else:
            latent = encoder.encode([job.image])[0]
        return self._arrival(job, latent, rough=self._context.config.projection.n_iter > 0)

    def refine(
        self, job: Job, guess: Arrival, report: Callable[[float], None], show: Callable[[Image], None]
    ) -> Arrival:
        """The optimised latent; the guess if the settings have no iterations.

        Args:
            report: Called after each iteration with the completed share, 0..1; it may raise to stop.
            show: Called every PICTURE_INTERVAL with the rendering of the current latent, uint8 (S, S, 3).
        """
        models, settings = self._context.models, self._context.config.projection
        if not settings.n_iter:
            return guess
        shown = time.monotonic()

        def watch(latents: Tensor) -> None:
            nonlocal shown
            if time.monotonic() - shown > PICTURE_INTERVAL:
                size = models.generator.resolution if models.generator.resolution <= LARGEST else None
                show(models.generator.render(latents[:1].detach(), size=size)[0])
                shown = time.monotonic()

        class Report(Progress):
            def step(self, text: str, done: int = 0, total: int = 0) -> None:
                report(done / total)

        store, name, _ = self._store_entry(job)
        return self._stored_arrival(job, store.find(name, job.image, Report(), watch))

    def _stored_arrival(self, job: Job, stored: StoredLatent) -> Arrival:
        return self._arrival(job, stored.values, False, stored.figures, stored.load_tuning())

    def _arrival(
        self,
        job: Job,
        latent: Floats,
        rough: bool,
        figures: Mapping[str, float] = NO_FIGURES,
        tuning: Tuning | None = None,
    ) -> Arrival:
        from pipeline.edit.refusals import refusals
        from pipeline.edit.select_edits import present_classes

        models = self._context.models
        portrait = Portrait(job.name, job.image, latent, models.space, job.crop, tuning)
        present = present_classes(portrait, models)
        translations = self._context.translations(present)
        refused = refusals(portrait, translations, models, figures, self._context.config.own_pixels)
        warning = unknown_face(figures, models) or ""
        if warning and job.crop is not None:
            warning = PHOTOGRAPH
        return Arrival(job.document, portrait, translations, present, rough, warning, refused)

    def _store_entry(self, job: Job) -> tuple[LatentStore, str, str]:
        """The store, and the name and key of a crop in it."""
        store = LatentStore(self._cache, self._context.models, self._context.config.projection)
        key = store.key("", job.image)
        return store, key[:24], key
