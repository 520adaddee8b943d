"""Sources of a run's frames: rendered from latents, or read from images that an earlier run kept."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput
from pipeline.core.files import is_file, sha256
from pipeline.core.images import read_image
from pipeline.core.progress import Progress
from pipeline.core.types import Edit, Floats, Frame, Image, Portrait, Translation
from pipeline.edit.invert import needed
from pipeline.edit.latent_store import LatentStore, StoredLatent
from pipeline.edit.refusals import strange, suitable
from pipeline.edit.render import OpenStep, Watch, blend, render, step_folder
from pipeline.edit.requests import NO_EDIT, EditRequest, Item, read_request
from pipeline.edit.select_edits import check_available, choose_edits, open_custom
from pipeline.models import Models
from pipeline.run.job import Job
from pipeline.run.source_photos import ReadCrop
from pipeline.run.supports import Support, read_support
from projection.inversion.settings import ProjectionSettings

Read = tuple[Image, Crop | None]
"""Aligned crop, uint8 (S, S, 3), and its place in its photo; None if the file is the crop."""


@dataclass(frozen=True)
class Ready:
    """A portrait ready to be edited.

    Attributes:
        current: Present class by attribute code.
        figures: Figures of its inversion.
        warning: Sentence about a face that the generator does not know, but has to draw; else None.
    """

    portrait: Portrait
    edits: tuple[Edit, ...] = ()
    current: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    warning: str | None = None


class Latents:
    """Latents of a job's portraits, with a tuning of the generator where their edits need one or the folder has it."""

    def __init__(self, job: Job, folder: RunFolder, models: Models) -> None:
        self._job, self._folder, self._models = job, folder, models
        self._tuned = self._store(job.config.projection)

    def given(self, name: str) -> Floats | None:
        """The user's own latent of a portrait, if any; raises as `LatentStore.given`."""
        return self._tuned.given(name)

    def stored(self, item: Item, image: Image, crop: Crop | None) -> StoredLatent | None:
        """The latent if the folder has it."""
        store = self._store_for(item, image, crop)
        return store.stored(item.name, store.key(item.name, image))

    def find(self, item: Item, image: Image, crop: Crop | None, progress: Progress) -> StoredLatent:
        """The latent, stored or found now."""
        return self._store_for(item, image, crop).find(item.name, image, progress)

    def _store_for(self, item: Item, image: Image, crop: Crop | None) -> LatentStore:
        """With the settings that the edits need, or those of the configuration where its latent is there already."""
        requests = [EditRequest(name) for name in self._job.edits or ()] if item.requests is None else item.requests
        settings, tuned = needed(requests, crop, self._models, self._job.config), self._tuned
        if settings == self._job.config.projection or tuned.stored(item.name, tuned.key(item.name, image)):
            return tuned
        return self._store(settings)

    def _store(self, settings: ProjectionSettings) -> LatentStore:
        return LatentStore(self._folder.path, self._models, settings, self._job.latents)


class RenderedFrames:
    """Renders the edits of portraits from their latents."""

    def __init__(
        self, job: Job, folder: RunFolder, models: Models, steps: Sequence[OpenStep], read: ReadCrop, progress: Progress
    ) -> None:
        self._job, self._models, self._steps, self._read, self._progress = job, models, steps, read, progress
        self._latents = Latents(job, folder, models)
        self._custom = open_custom(job.config.translations, models)
        check_available(job.edits, models, self._custom)

    def digest(self, item: Item) -> str:
        """Hash of a portrait's input data; settings are not part of it."""
        found = hashlib.sha256(item.digest.encode())
        for store in self._custom:
            for name, translation in sorted(store.items()):
                found.update(name.encode() + translation.path.tobytes())
        return found.hexdigest()

    def load(self, item: Item) -> Read:
        """Read a portrait's crop; called in a reader thread."""
        self._latents.given(item.name)  # a latent of another space ends the run before any computation
        return self._read(item)

    def ready(self, item: Item, read: Read) -> Ready:
        """Prepare a portrait with its latent and edits."""
        image, crop = read
        latent = self._latents.find(item, image, crop, self._progress)
        figures = {} if self._job.latents is not None else latent.figures  # latents of one's own are taken as they are
        portrait = Portrait(item.name, image, latent.values, self._models.set.space, crop, latent.load_tuning())
        budget, own = self._job.config.search_budget, self._job.config.own_pixels
        edits, current = choose_edits(portrait, self._models, item.requests, self._job.edits, self._custom, budget)
        if item.requests is None and (omitted := sorted(set(self._job.edits or ()).difference(e.name for e in edits))):
            self._progress.note(f"{item.name} seems to have already, or cannot show, {', '.join(omitted)}: left out.")
        if not self._job.force:
            asked = edits
            edits, left_out = suitable(portrait, asked, self._models, figures, own)
            if asked and not edits:
                raise BadInput(f"{left_out} It is made all the same with --force.")
            if left_out and item.requests is None and self._job.edits is None:
                self._progress.note(left_out)
            elif left_out:
                self._progress.warn(left_out)
        warning = strange(portrait, edits, self._models, latent.figures, own)
        return Ready(portrait, tuple(edits), current, latent.figures, warning)

    def frames(self, portrait: Portrait, edits: Sequence[Edit], watch: Watch) -> list[Frame]:
        """Finished frames of one batch of edits."""
        return render(portrait, edits, self._models, self._steps, watch=watch)


class StoredFrames:
    """Runs later steps on the images that an earlier run kept after one stage; methods as of `RenderedFrames`."""

    def __init__(
        self, job: Job, folder: RunFolder, models: Models, steps: Sequence[OpenStep], read: ReadCrop, stage: str
    ) -> None:
        self._job, self._folder, self._models = job, folder, models
        self._steps, self._read, self._stage = steps, read, stage
        self._images = step_folder(stage)
        self._latents = Latents(job, folder, models)

    def digest(self, item: Item) -> str:
        found = hashlib.sha256(item.digest.encode())
        for path in [*self._paths(item), self._folder.supports(self._images, item.name)]:
            found.update(os.fsencode(f"{path.name} {sha256(path) if is_file(path) else None}\n"))
        return found.hexdigest()

    def load(self, item: Item) -> Read:
        return self._read(item)

    def ready(self, item: Item, read: Read) -> Ready:
        image, crop = read
        paths = self._paths(item)
        if not paths:
            raise BadInput(f"{self._folder.path / self._images} holds no images of {item.name}.")
        latent = self._latents.stored(item, image, crop)
        portrait = Portrait(item.name, image, None, self._models.set.space, crop)
        edits = tuple(self._edit(path.stem) for path in paths)
        figures = latent.figures if latent else {}
        warning = strange(portrait, edits, self._models, figures, self._job.config.own_pixels)
        return Ready(portrait, edits, figures=figures, warning=warning)

    def frames(self, portrait: Portrait, edits: Sequence[Edit], watch: Watch) -> list[Frame]:
        path = self._folder.supports(self._images, portrait.name)
        frames = []
        for edit in edits:
            image = read_image(self._folder.image(self._images, portrait.name, edit.name))
            kept = read_support(path, edit.name)
            if kept is None or kept.support.shape != image.shape[:2]:
                # Images without stored supports: the support is where they differ from the portrait.
                kept = Support((image != portrait.image).any(axis=2).astype(np.float32))
            frames.append(Frame(portrait, edit, image, kept.support, kept.motion))
        return blend(frames, self._steps, watch, self._stage)

    def _paths(self, item: Item) -> list[Path]:
        found = sorted((self._folder.path / self._images / item.name).glob("*.png"))
        if item.requests is not None:
            names = {request.name for request in item.requests}
            found = [path for path in found if path.stem in names]
        if self._job.edits is not None:
            asked = self._job.edits or (NO_EDIT,)
            found = [path for path in found if path.stem.partition("@")[0] in asked]
        return found

    def _edit(self, name: str) -> Edit:
        """Edit for the steps, with its code but without displacement: its image exists already."""
        if name == NO_EDIT:
            return Edit(NO_EDIT, ())
        models = self._models.set
        zero = np.zeros((1, models.n_style, models.dim), np.float32)
        parts = read_request(name).parts
        return Edit(
            name, tuple((Translation(part.identifier, models.space, zero), part.strength or 0.0) for part in parts)
        )


FrameSource = RenderedFrames | StoredFrames
