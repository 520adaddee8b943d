"""Latents of a run's portraits: given by the user, found again in the run folder, or projected a batch at a time."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.images import read_image, resize, write_image
from pipeline.core.types import Floats, Image
from pipeline.job import Item
from pipeline.run_folder import LATENTS, RunFolder
from pipeline.stream import writing

if TYPE_CHECKING:
    from pipeline.models import Models
    from projection.inversion import ProjectionSettings


@dataclass(frozen=True)
class Latent:
    """A portrait's latent, float32 (n_style, dim), and how near its rendering comes to the photo (dB)."""

    values: Floats
    psnr: float


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
        whole = values.shape == self._shape() and self._folder.reconstruction(item.name).is_file()
        return Latent(values.astype(np.float32), float(note["psnr"])) if right and whole else None

    def find(
        self, batch: Sequence[Item], images: Mapping[str, Image], todo: set[str], progress: Any = None
    ) -> dict[str, Latent]:
        """Latents of those photos of a batch that are in `images` (uint8, square) and in `todo`, stored on disk first.

        A photo's latent may depend on which photos it was projected with, so a batch must always be passed whole.
        """
        resolution = self._models.set.resolution
        small = {item.name: resize(images[item.name], resolution) for item in batch if item.name in images}
        usable = [item for item in batch if item.name in small]
        given = {item.name: values for item in usable if (values := self.given(item)) is not None}
        projected = [name for name in small if name not in given]
        found: dict[str, tuple[Floats, Image]] = {}
        if projected:
            import torch

            from projection.inversion import project

            models = self._models
            pictures = np.stack([small[name] for name in projected])
            perceptual = models.perceptual if self._settings.perceptual else None
            # Half precision is for rendering: an optimiser's small steps would drown in it.
            with torch.autocast(models.device.type, enabled=False):
                result = project(pictures, models.generator, models.encoder, perceptual, self._settings, progress)
            found = dict(zip(projected, zip(result.latents, result.recon, strict=True), strict=True))
        for name, values in given.items():
            found[name] = values, self._models.generator.render(values[None], size=resolution)[0]
        return {
            item.name: self._store(item, *found[item.name], small[item.name])
            for item in batch
            if item.name in found and item.name in todo
        }

    def _store(self, item: Item, values: Floats, reconstruction: Image, target: Image) -> Latent:
        from projection.images import psnr

        fit = float(psnr(reconstruction[None], target[None])[0])
        latent = Latent(np.asarray(values, np.float32), round(fit, 3))
        buffer = io.BytesIO()
        np.save(buffer, latent.values)
        path = self._path(item)
        note = {"space": self._models.set.space, "digest": item.digest, "psnr": latent.psnr}
        with writing():
            path.with_suffix(".json").unlink(missing_ok=True)  # written last, it says that the other two are whole
            write_atomic(path, buffer.getvalue())
            write_image(self._folder.reconstruction(item.name), reconstruction)
            write_atomic(path.with_suffix(".json"), (json.dumps(note) + "\n").encode())
        return latent

    def given(self, item: Item) -> Floats | None:
        """The latent that the user supplies for a photo, if any; BadInput for a broken file, SpaceMismatch by shape."""
        path = self._given / f"{item.name}.npy" if self._given else None
        if path is None or not path.is_file():
            return None
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(f"The latent {path} cannot be read: project the photo again.") from error
        space = _space(path)
        if space not in (None, self._models.set.space):
            raise SpaceMismatch(f"The latent {path} belongs to {space}, the model set to {self._models.set.space}.")
        values = values[0] if values.ndim == 3 and len(values) == 1 else values
        if values.shape != self._shape():
            raise SpaceMismatch(
                f"The latent {path} has the shape {values.shape}; {self._models.set.space} needs {self._shape()}."
            )
        return values.astype(np.float32)

    def _path(self, item: Item) -> Path:
        return self._folder.path / LATENTS / f"{item.name}.npy"

    def _shape(self) -> tuple[int, int]:
        return self._models.set.n_style, self._models.set.dim


def _space(path: Path) -> str | None:
    """The space that the note beside a latent names, if there is one."""
    try:
        note = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return note.get("space") if isinstance(note, dict) else None


def read_crop(path: Path) -> Image:
    """A photo that can be a portrait, uint8 (S, S, 3); BadInput when it is not square or smaller than 64 pixels."""
    image = read_image(path)
    height, width = image.shape[:2]
    if height != width:
        raise BadInput(f"{path} is {width} x {height} pixels: crop it to a square around the face first.")
    if height < 64:
        raise BadInput(f"{path} is only {width} pixels wide: a face needs at least 64.")
    return image
