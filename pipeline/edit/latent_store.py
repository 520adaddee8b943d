"""Store of latents in an output folder, shared by every command that works there.

projected_latents/NAME.npy          latent, float32 (n_style, dim)
projected_latents/NAME.safetensors  the generator's tuning to the portrait, if any
projected_latents/NAME.json         latent space, hash of what decides the latent, figures; written last
reconstructions/NAME.png            rendering of the latent
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import writing
from pipeline.core.errors import BadInput, MissingWeights, RunConflict
from pipeline.core.files import is_file, json_bytes, remove, write_atomic
from pipeline.core.images import read_image, resize, write_image
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image, Tuning
from pipeline.core.weights import load_state, save_state
from pipeline.edit.invert import Inversion, invert
from pipeline.models import Models
from projection.inversion.settings import ProjectionSettings
from projection.latent_files import read_latent

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class StoredLatent:
    """A portrait's latent in a store.

    Attributes:
        values: float32 (n_style, dim).
        figures: As of `pipeline.edit.invert.Inversion`.
        tuning: File of the generator's tuning to this portrait, or None.
    """

    values: Floats
    figures: Mapping[str, float]
    tuning: Path | None = None

    def load_tuning(self) -> Tuning | None:
        """The tuning, if there is one; raises BadInput when it cannot be read."""
        return load_tuning(self.tuning) if self.tuning else None


class LatentStore:
    """Latents of a folder, found with the nets of `models`.

    Args:
        folder: Output folder of a command; the caller holds its lock.
        given: Folder with latents NAME.npy that replace the search.
    """

    def __init__(self, folder: Path, models: Models, settings: ProjectionSettings, given: Path | None = None) -> None:
        self._folder, self._models, self._settings, self._given = RunFolder(folder), models, settings, given

    def key(self, name: str, image: Image) -> str:
        """Hash of everything that decides the latent of a crop: pixels, settings, weights, a given latent."""
        given = self.given(name)
        pixels = resize(image, self._models.set.resolution)
        parts = (
            self._models.space,
            self._settings.model_dump_json(),
            self._models.fingerprint,
            hashlib.sha256(pixels.tobytes()).hexdigest(),
            None if given is None else hashlib.sha256(given.tobytes()).hexdigest(),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def stored(self, name: str, key: str) -> StoredLatent | None:
        """The stored latent of a portrait if it is whole and has this key.

        Raises:
            RunConflict: The store was written by an earlier version.
        """
        path, note = self._folder.latent(name), self._note(name)
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if note is None:
            return None
        if "key" not in note:
            raise RunConflict(
                f"{path.parent} holds latents of an earlier version of face-edit: choose another --output-dir."
            )
        tuning = path.with_suffix(".safetensors") if _is_tuned(note) else None
        whole = values.shape == self._shape() and all(is_file(file) for file in self._files(name, note))
        if note["key"] != key or not whole:
            return None
        return StoredLatent(values.astype(np.float32), note["figures"], tuning)

    def find(
        self, name: str, image: Image, progress: Progress = SILENT, watch: "Callable[[Tensor], None] | None" = None
    ) -> StoredLatent:
        """The latent of a crop, uint8 (S, S, 3): stored, or found and stored now. Raises as `invert` and `given`."""
        key = self.key(name, image)
        return self.stored(name, key) or self._store(
            name, key, invert(image, self._models, self._settings, progress, watch, self.given(name))
        )

    def given(self, name: str) -> Floats | None:
        """The user's own latent of a portrait, if any; raises BadInput for a broken file, SpaceMismatch by shape."""
        path = self._given / f"{name}.npy" if self._given else None
        if path is None or not is_file(path):
            return None
        return read_latent(path, self._models.space, *self._shape())

    def files(self, name: str) -> list[Path]:
        """Every file of a portrait except its JSON note."""
        return self._files(name, self._note(name))

    def _files(self, name: str, note: Mapping[str, Any] | None) -> list[Path]:
        path = self._folder.latent(name)
        tuning = [path.with_suffix(".safetensors")] if note is not None and _is_tuned(note) else []
        return [path, self._folder.reconstruction(name), *tuning]

    def _note(self, name: str) -> dict[str, Any] | None:
        """The JSON note of a portrait, or None."""
        try:
            note: dict[str, Any] = json.loads(self._folder.latent(name).with_suffix(".json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return note

    def _store(self, name: str, key: str, found: Inversion) -> StoredLatent:
        path = self._folder.latent(name)
        note, tuning = path.with_suffix(".json"), path.with_suffix(".safetensors")
        latent = np.asarray(found.latent, np.float32)
        buffer = io.BytesIO()
        np.save(buffer, latent)
        content = {"space": self._models.space, "key": key, "figures": found.figures}
        with writing():
            remove(note)
            write_atomic(path, buffer.getvalue())
            if found.tuning is None:
                remove(tuning)  # of other settings
            else:
                save_tuning(tuning, found.tuning, self._models.space)
            write_image(self._folder.reconstruction(name), found.reconstruction)
            write_atomic(note, json_bytes(content))
        return StoredLatent(latent, found.figures, None if found.tuning is None else tuning)

    def _shape(self) -> tuple[int, int]:
        return self._models.set.n_style, self._models.set.dim


def _is_tuned(note: Mapping[str, Any]) -> bool:
    return "tuned_psnr" in note.get("figures", ())


def save_tuning(path: Path, tuning: Tuning, space: str) -> None:
    """Write a tuning as half-precision safetensors, atomically."""
    import torch

    save_state(path, {key: torch.from_numpy(change) for key, change in tuning.items()}, {"space": space})


def load_tuning(path: Path) -> Tuning:
    """A tuning from its file; raises BadInput when it cannot be read."""
    try:
        return {key: change.half().numpy() for key, change in load_state(path).items()}
    except MissingWeights as error:
        raise BadInput(f"The tuning {path} cannot be read: delete it, and start again.") from error


def read_crop(path: Path) -> Image:
    """Read an aligned crop, uint8 (S, S, 3); raises BadInput when it is not square or is below 64 pixels."""
    image = read_image(path)
    height, width = image.shape[:2]
    if height != width:
        raise BadInput(f"{path} is {width} x {height} pixels: crop it to a square around the face first.")
    if height < 64:
        raise BadInput(f"{path} is only {width} pixels wide: a face needs at least 64.")
    return image
