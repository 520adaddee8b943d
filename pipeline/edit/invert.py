"""A portrait's own generator, tuned after its inversion and kept beside its latent, with what it gained in figures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.types import Floats, Image, Tuning
from pipeline.core.weights import load_state, save_state

if TYPE_CHECKING:
    from pipeline.models import Models
    from projection.inversion.settings import ProjectionSettings


@dataclass(frozen=True)
class Tuned:
    """A tuning, the reconstruction it makes, uint8 (R, R, 3), and its figures.

    figures: tuned_psnr in dB · where the set has an identity net, inversion_identity and tuned_identity: distance from
    the portrait to its reconstruction before and after, 0 = the same person, about 1 = strangers
    """

    tuning: Tuning
    reconstruction: Image
    figures: dict[str, float]


def tune_portrait(
    image: Image,
    latent: Floats,
    untuned: Image,
    models: "Models",
    settings: "ProjectionSettings",
    progress: Callable[[int, int, float], None] | None = None,
) -> Tuned:
    """Tune the generator to a portrait, uint8 (R, R, 3), found at `latent`, which the generator draws as `untuned`."""
    from projection.images import psnr
    from projection.inversion.tuning import tune

    perceptual = models.perceptual if settings.perceptual else None
    tuning = tune(image, latent, models.generator, perceptual, settings, progress)
    after = models.generator.tuned(tuning).render(latent[None])[0]
    figures = {"tuned_psnr": round(float(psnr(after[None], image[None])[0]), 3)}
    if models.has("identity"):
        from postprocess.identity import distance

        itself, *others = models.identity.embed([image, untuned, after])
        for name, other in zip(("inversion_identity", "tuned_identity"), others, strict=True):
            figures[name] = round(float(distance(itself, other)), 4)
    return Tuned(tuning, after, figures)


def save_tuning(path: Path, tuning: Tuning, space: str) -> None:
    """Write a tuning as half-precision safetensors, atomically."""
    import torch

    save_state(path, {key: torch.from_numpy(change) for key, change in tuning.items()}, {"space": space})


def load_tuning(path: Path) -> Tuning:
    """A tuning from its file; BadInput when it cannot be read."""
    try:
        return {key: change.half().numpy() for key, change in load_state(path).items()}
    except MissingWeights as error:
        raise BadInput(f"The tuning {path} cannot be read: delete it, and start again.") from error


def unknown_face(inversion: float, models: "Models") -> str | None:
    """A sentence for the user when a portrait's reconstruction (dB) is too poor for its edits to mean anything."""
    from projection.inversion.project import unknown_face_warning

    return unknown_face_warning(inversion, models.set.name)
