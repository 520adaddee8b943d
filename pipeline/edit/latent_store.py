"""Latents of a run's portraits: given by the user, found again in the run folder, or projected a batch at a time."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.batch.folder import LATENTS, RunFolder
from pipeline.batch.io_queue import writing
from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.images import read_image, resize, write_image
from pipeline.core.types import Floats, Image
from pipeline.edit.invert import save_tuning, tune_portrait
from pipeline.edit.requests import Item
from projection.latents import read_latent

if TYPE_CHECKING:
    from pipeline.models import Models
    from projection.inversion.settings import ProjectionSettings

Progress = Callable[[str, int, int, float], None]
"""Called with (what is being done, iterations done, iterations at most, loss)."""


@dataclass(frozen=True)
class Latent:
    """A portrait's latent, float32 (n_style, dim), and what was found with it.

    figures: inversion_psnr, how near its rendering comes to the photo (dB), and those of `pipeline.edit.invert.Tuned` ·
    tuning: file of the generator's tuning to this portrait, if there is one
    """

    values: Floats
    figures: Mapping[str, float]
    tuning: Path | None = None


class Latents:
    """Finds latents for the photos of a run and keeps them in `projected_latents`.

    given: folder with NAME.npy files that are used as they are.
    """

    def __init__(self, folder: RunFolder, models: "Models", settings: "ProjectionSettings", given: Path | None) -> None:
        self._folder, self._models, self._settings, self._given = folder, models, settings, given

    def stored(self, item: Item) -> Latent | None:
        """The latent noted in the run folder for this very photo, if it is whole."""
        path = self._path(item)
        try:
            note = json.loads(path.with_suffix(".json").read_text("utf-8"))
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        right = note.get("digest") == item.digest and note.get("space") == self._models.set.space
        tuning = self._tuning(item)
        needed = [self._folder.reconstruction(item.name), *([tuning] if tuning else [])]
        whole = values.shape == self._shape() and all(file.is_file() for file in needed)
        return Latent(values.astype(np.float32), note["figures"], tuning) if right and whole else None

    def find(
        self, batch: Sequence[Item], images: Mapping[str, Image], todo: set[str], progress: Progress | None = None
    ) -> dict[str, Latent]:
        """Latents of those photos of a batch that are in `images` (uint8, square) and in `todo`, stored on disk first.

        A photo's latent may depend on which photos it was projected with, so a batch must always be passed whole.
        """
        resolution = self._models.set.resolution
        small = {item.name: resize(images[item.name], resolution) for item in batch if item.name in images}
        usable = [item for item in batch if item.name in small]
        given = {item.name: values for item in usable if (values := self.given(item)) is not None}
        projected = [name for name in small if name not in given]
        models = self._models
        import torch

        # Half precision is for rendering: an optimiser's small steps would drown in it.
        with torch.autocast(models.device.type, enabled=False):
            found: dict[str, tuple[Floats, Image]] = {}
            if projected:
                from projection.inversion.project import project

                pictures = np.stack([small[name] for name in projected])
                perceptual = models.perceptual if self._settings.perceptual else None
                watch = partial(progress, "projecting") if progress else None
                result = project(pictures, models.generator, models.encoder_or_none, perceptual, self._settings, watch)
                found = dict(zip(projected, zip(result.latents, result.recon, strict=True), strict=True))
            for name, values in given.items():
                found[name] = values, models.generator.render(values[None], size=resolution)[0]
            return {
                item.name: self._finish(item, *found[item.name], small[item.name], progress)
                for item in batch
                if item.name in found and item.name in todo
            }

    def _finish(
        self, item: Item, values: Floats, reconstruction: Image, target: Image, progress: Progress | None
    ) -> Latent:
        """Tune the generator to a portrait if that is asked for, and store everything about it."""
        from projection.images import psnr

        figures = {"inversion_psnr": round(float(psnr(reconstruction[None], target[None])[0]), 3)}
        tuned, tuning = None, self._tuning(item)
        if tuning is not None:
            watch = partial(progress, f"tuning to {item.name}") if progress else None
            tuned = tune_portrait(target, values, reconstruction, self._models, self._settings, watch)
            figures, reconstruction = figures | tuned.figures, tuned.reconstruction
        latent = Latent(np.asarray(values, np.float32), figures, tuning)
        buffer = io.BytesIO()
        np.save(buffer, latent.values)
        path = self._path(item)
        note = {"space": self._models.set.space, "digest": item.digest, "figures": figures}
        with writing():
            path.with_suffix(".json").unlink(missing_ok=True)  # written last, it says that the others are whole
            write_atomic(path, buffer.getvalue())
            if tuning is not None and tuned is not None:
                save_tuning(tuning, tuned.tuning, self._models.set.space)
            write_image(self._folder.reconstruction(item.name), reconstruction)
            write_atomic(path.with_suffix(".json"), (json.dumps(note) + "\n").encode())
        return latent

    def given(self, item: Item) -> Floats | None:
        """The latent that the user supplies for a photo, if any; BadInput for a broken file, SpaceMismatch by shape."""
        path = self._given / f"{item.name}.npy" if self._given else None
        if path is None or not path.is_file():
            return None
        return read_latent(path, self._models.set.space, *self._shape())

    def _path(self, item: Item) -> Path:
        return self._folder.path / LATENTS / f"{item.name}.npy"

    def _tuning(self, item: Item) -> Path | None:
        """Where the tuning to a portrait lies, if this run tunes."""
        return self._path(item).with_suffix(".safetensors") if self._settings.tuning.steps else None

    def _shape(self) -> tuple[int, int]:
        return self._models.set.n_style, self._models.set.dim


def read_crop(path: Path) -> Image:
    """A photo that can be a portrait, uint8 (S, S, 3); BadInput when it is not square or smaller than 64 pixels."""
    image = read_image(path)
    height, width = image.shape[:2]
    if height != width:
        raise BadInput(f"{path} is {width} x {height} pixels: crop it to a square around the face first.")
    if height < 64:
        raise BadInput(f"{path} is only {width} pixels wide: a face needs at least 64.")
    return image
