"""Where the frames of a run come from: rendered from latents, or read back from the images an earlier run kept."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import WHOLE_RUN, read_ahead, sentence
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.images import read_image
from pipeline.core.types import Edit, Floats, Frame, Image, Portrait, Translation
from pipeline.edit.invert import load_tuning
from pipeline.edit.latent_store import Latent, Latents
from pipeline.edit.render import OpenStep, Watch, blend, render, step_folder
from pipeline.edit.requests import NO_EDIT, Item, read_request
from pipeline.edit.select_edits import check_available, choose_edits, open_custom
from pipeline.run.job import Job
from pipeline.run.source_photos import ReadPortrait

if TYPE_CHECKING:
    from pipeline.core.crop import Crop
    from pipeline.models import Models


@dataclass(frozen=True)
class Ready:
    """A photo ready to be edited, with the figures of its `Latent`, or `error`, why it is not."""

    item: Item
    portrait: Portrait | None = None
    edits: tuple[Edit, ...] = ()
    current: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None


class FrameSource(Protocol):
    """What a run needs to know of either kind."""

    def digest(self, item: Item) -> str:
        """Hash of what the frames of a photo are made from, besides the settings."""

    def ready(self, batches: Sequence[Sequence[Item]], todo: set[str]) -> Iterator[Ready]:
        """The photos that are in `todo`, in order; files are read while the caller works."""

    def frames(self, portrait: Portrait, edits: Sequence[Edit], watch: Watch) -> list[Frame]:
        """Finished frames of one batch of edits."""


class RenderedFrames:
    """Projects each batch of photos once, chooses each portrait's edits and renders them."""

    def __init__(
        self,
        job: Job,
        folder: RunFolder,
        models: "Models",
        steps: Sequence[OpenStep],
        read: ReadPortrait,
        progress: Callable[..., None],
    ) -> None:
        self._job, self._models, self._steps, self._read, self._progress = job, models, steps, read, progress
        self._latents = Latents(folder, models, job.config.projection, job.latents)
        self._custom = open_custom(job.config.translations, models)
        check_available(job.edits, models, self._custom)

    def digest(self, item: Item) -> str:
        found = hashlib.sha256(item.digest.encode())
        for store in self._custom:
            for name, translation in sorted(store.items()):
                found.update(name.encode() + translation.path.tobytes())
        return found.hexdigest()

    def ready(self, batches: Sequence[Sequence[Item]], todo: set[str]) -> Iterator[Ready]:
        open_batches = [batch for batch in batches if any(item.name in todo for item in batch)]
        tasks = [lambda batch=batch: self._load(batch, todo) for batch in open_batches]
        for batch, future in zip(open_batches, read_ahead(tasks), strict=True):
            images, crops, errors, stored = future.result()
            if any(item.name in todo and item.name in images and item.name not in stored for item in batch):
                try:
                    stored |= self._latents.find(batch, images, todo - stored.keys(), self._progress)
                except WHOLE_RUN:
                    raise
                except Exception as error:
                    errors = {item.name: sentence(error) for item in batch if item.name not in stored} | errors
            for item in batch:
                if item.name in errors and item.name in todo:
                    yield Ready(item, error=errors[item.name])
                elif item.name in todo:
                    yield self._ready(item, images[item.name], crops[item.name], stored[item.name])

    def frames(self, portrait: Portrait, edits: Sequence[Edit], watch: Watch) -> list[Frame]:
        return render(portrait, edits, self._models, self._steps, watch=watch)

    def _load(
        self, batch: Sequence[Item], todo: set[str]
    ) -> tuple[dict[str, Image], dict[str, "Crop | None"], dict[str, str], dict[str, Latent]]:
        """Images of a batch, their places, why some have none, latents a killed run left; all if any is projected."""
        stored = {item.name: latent for item in batch if item.name in todo and (latent := self._latents.stored(item))}
        whole = any(item.name in todo and item.name not in stored for item in batch)
        images: dict[str, Image] = {}
        crops: dict[str, Crop | None] = {}
        errors: dict[str, str] = {}
        for item in batch:
            if whole or item.name in todo:
                try:
                    self._latents.given(item)
                    images[item.name], crops[item.name] = self._read(item)
                except BadInput as error:
                    errors[item.name] = sentence(error)
        return images, crops, errors, stored

    def _ready(self, item: Item, image: Image, crop: "Crop | None", latent: Latent) -> Ready:
        try:
            tuning = load_tuning(latent.tuning) if latent.tuning else None
            portrait = Portrait(item.name, image, latent.values, self._models.set.space, crop, tuning)
            edits, current = choose_edits(portrait, self._models, item.wishes, self._job.edits, self._custom)
        except WHOLE_RUN:
            raise
        except Exception as error:
            return Ready(item, error=sentence(error))
        return Ready(item, portrait, tuple(edits), current, latent.figures)


class StoredFrames:
    """Reads the images that an earlier run kept after one stage, and runs later steps on them."""

    def __init__(
        self,
        job: Job,
        folder: RunFolder,
        models: "Models",
        steps: Sequence[OpenStep],
        read: ReadPortrait,
        stage: str,
    ) -> None:
        self._job, self._folder, self._models = job, folder, models
        self._steps, self._read, self._stage = steps, read, stage
        self._images = step_folder(stage)
        self._latents = Latents(folder, models, job.config.projection, None)

    def digest(self, item: Item) -> str:
        found = hashlib.sha256(item.digest.encode())
        for path in [*self._paths(item), self._folder.supports(self._images, item.name)]:
            found.update(f"{path.name} {sha256(path) if path.is_file() else None}\n".encode())
        return found.hexdigest()

    def ready(self, batches: Sequence[Sequence[Item]], todo: set[str]) -> Iterator[Ready]:
        wanted = [item for batch in batches for item in batch if item.name in todo]
        tasks = [lambda item=item: self._read(item) for item in wanted]
        for item, future in zip(wanted, read_ahead(tasks), strict=True):
            paths = self._paths(item)
            try:
                image, crop = future.result()
                if not paths:
                    raise BadInput(f"{self._folder.path / self._images} holds no images of {item.name}.")
            except BadInput as error:
                yield Ready(item, error=sentence(error))
                continue
            latent = self._latents.stored(item)
            portrait = Portrait(item.name, image, None, self._models.set.space, crop)
            edits = tuple(self._edit(path.stem) for path in paths)
            yield Ready(item, portrait, edits, figures=latent.figures if latent else {})

    def frames(self, portrait: Portrait, edits: Sequence[Edit], watch: Watch) -> list[Frame]:
        supports = portrait.maps.get("saved supports", lambda: self._supports(portrait.name))
        frames = []
        for edit in edits:
            image = read_image(self._folder.image(self._images, portrait.name, edit.name))
            support = supports.get(edit.name)
            if support is None or support.shape != image.shape[:2]:
                # Images that came without supports may differ from the portrait exactly where they do.
                support = (image != portrait.image).any(axis=2).astype(np.float32)
            frames.append(Frame(portrait, edit, image, support))
        return blend(frames, self._steps, watch, self._stage)

    def _paths(self, item: Item) -> list[Path]:
        found = sorted((self._folder.path / self._images / item.name).glob("*.png"))
        if item.wishes is not None:
            names = {wish.name for wish in item.wishes}
            found = [path for path in found if path.stem in names]
        if self._job.edits is not None:
            asked = self._job.edits or (NO_EDIT,)
            found = [path for path in found if path.stem.partition("@")[0] in asked]
        return found

    def _supports(self, portrait: str) -> dict[str, Floats]:
        path = self._folder.supports(self._images, portrait)
        if not path.is_file():
            return {}
        with np.load(path) as stored:
            return {name: stored[name] for name in stored.files}

    def _edit(self, name: str) -> Edit:
        """An edit that steps know by its code; its path was walked already."""
        if name == NO_EDIT:
            return Edit(NO_EDIT, ())
        models = self._models.set
        nowhere = np.zeros((1, models.n_style, models.dim), np.float32)
        parts = read_request(name).parts
        return Edit(name, tuple((Translation(part.identifier, models.space, nowhere), part.strength) for part in parts))
