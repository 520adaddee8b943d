"""Crop to latent: from the cache, estimated by the encoder, refined by optimisation.

For the import thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.editor.threads.render_context import RenderContext
from pipeline.core.progress import Progress
from pipeline.core.types import Floats, Image, Portrait, Translation, Tuning
from pipeline.edit.invert import unknown_face
from pipeline.edit.latent_store import LatentStore, StoredLatent
from pipeline.edit.preview import LARGEST

if TYPE_CHECKING:
    from torch import Tensor

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
    """Finds latents with the models of `context`; those of an optimisation are stored in the folder `cache`."""

    def __init__(self, context: RenderContext, cache: Path) -> None:
        self._context, self._cache = context, cache

    def known(self, job: Job) -> Arrival | None:
        """The latent that was found for the same pixels, settings and weights another time."""
        store, name, key = self._place(job)
        found = store.stored(name, key)
        return None if found is None else self._stored_arrival(job, found)

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
        """The latent of an optimisation; the guess where the settings ask for none.

        Args:
            told: Given the share that is done after each iteration; it may raise to stop.
            pictured: Given the rendering of the latent so far, uint8 (S, S, 3), now and then.
        """
        models, settings = self._context.models, self._context.config.projection
        if not settings.n_iter:
            return guess
        shown = time.monotonic()

        def watch(latents: Tensor) -> None:
            nonlocal shown
            if time.monotonic() - shown > SHOW_EVERY:
                size = models.generator.resolution if models.generator.resolution <= LARGEST else None
                pictured(models.generator.render(latents[:1].detach(), size=size)[0])
                shown = time.monotonic()

        class Told(Progress):
            def step(self, text: str, done: int = 0, total: int = 0) -> None:
                told(done / total)

        store, name, _ = self._place(job)
        return self._stored_arrival(job, store.find(name, job.image, Told(), watch))

    def _stored_arrival(self, job: Job, found: StoredLatent) -> Arrival:
        warning = unknown_face(found.figures, self._context.models) or ""
        return self._arrival(job, found.values, False, warning, found.load_tuning())

    def _arrival(
        self, job: Job, latent: Floats, rough: bool, warning: str = "", tuning: Tuning | None = None
    ) -> Arrival:
        from pipeline.edit.select_edits import present_classes

        models = self._context.models
        portrait = Portrait(job.name, job.image, latent, models.space, job.crop, tuning)
        present = present_classes(job.name, job.image, models)
        return Arrival(job.document, portrait, self._context.translations(present), present, rough, warning)

    def _place(self, job: Job) -> tuple[LatentStore, str, str]:
        """The store, and in it name and key of a crop."""
        store = LatentStore(self._cache, self._context.models, self._context.config.projection)
        key = store.key("", job.image)
        return store, key[:24], key
