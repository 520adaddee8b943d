"""GAN inversion: aligned crop to W+ latent and, where that shows it badly or on request, a tuning of the generator."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.core.images import psnr, resize
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image, Tuning
from pipeline.edit.render import arithmetic
from pipeline.edit.requests import EditRequest
from pipeline.models import Models
from postprocess.own_pixels.edited import is_drawn
from projection.inversion.project import project, unknown_face_warning
from projection.inversion.settings import ProjectionSettings
from projection.inversion.tuning import tune, tuning_steps, with_steps

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.config import RunConfig
    from pipeline.core.crop import Crop


NO_FIGURES: Mapping[str, float] = MappingProxyType({})
"""Of a portrait that was not inverted."""


@dataclass(frozen=True, eq=False)
class Inversion:
    """The latent of a crop.

    Attributes:
        latent: float32 (n_style, dim).
        reconstruction: Rendering of the latent, by the tuned generator if there is one, uint8 (R, R, 3).
        figures: `inversion_psnr` in dB and `loss` of the latent; of a tuning `tuned_psnr` and, where the set has an
            identity net, `inversion_identity` and `tuned_identity`: distance from the crop to its reconstruction
            before and after, 0 = the same person, about 1 = strangers.
        tuning: Of the generator to this crop, or None.
    """

    latent: Floats
    reconstruction: Image
    figures: dict[str, float]
    tuning: Tuning | None = None


def invert(
    image: Image,
    models: Models,
    settings: ProjectionSettings,
    progress: Progress = SILENT,
    watch: "Callable[[Tensor], None] | None" = None,
    given: Floats | None = None,
) -> Inversion:
    """Find the latent of one aligned crop, in float32: the result depends on the crop and the settings alone.

    Args:
        image: uint8 (S, S, 3), resized to the generator's resolution first.
        progress: Receives each iteration; it may raise to stop.
        watch: Receives the current latent, (1, n_style, dim), before each iteration is reported.
        given: Latent (n_style, dim) to use instead of searching for one.

    Raises:
        BadConfig: The settings do not suit the model set.
    """

    target = resize(image, models.generator.resolution)
    # Half precision is for rendering: it rounds away the small steps of an optimiser.
    with arithmetic("float32", models.device):
        if given is None:
            perceptual = models.perceptual if settings.perceptual else None
            found = project(
                target[None], models.generator, models.encoder_or_none, perceptual, settings, progress, watch
            )
            latent, reconstruction = found.latents[0], found.recon[0]
            figures = {"inversion_psnr": round(float(found.psnr[0]), 3), "loss": round(float(found.loss[0]), 6)}
        else:
            latent, reconstruction = given, models.generator.render(given[None])[0]
            figures = {"inversion_psnr": round(psnr(reconstruction, target), 3)}
        inversion = Inversion(latent, reconstruction, figures)
        steps = tuning_steps(settings.tuning.steps, models.set.tuning_steps, figures["inversion_psnr"])
        return _tuned(inversion, target, models, with_steps(settings, steps), progress) if steps else inversion


def _tuned(
    found: Inversion, target: Image, models: Models, settings: ProjectionSettings, progress: Progress
) -> Inversion:

    perceptual = models.perceptual if settings.perceptual else None
    tuning = tune(target, found.latent, models.generator, perceptual, settings, progress)
    after = models.generator.tuned(tuning).render(found.latent[None])[0]
    figures = found.figures | {"tuned_psnr": round(psnr(after, target), 3)}
    if models.has("identity"):
        from postprocess.identity import distance

        itself, *others = models.identity.embed([target, found.reconstruction, after])
        for name, other in zip(("inversion_identity", "tuned_identity"), others, strict=True):
            figures[name] = round(float(distance(itself, other)), 4)
    return Inversion(found.latent, after, figures, tuning)


def needed(
    requests: Iterable[EditRequest], crop: "Crop | None", models: Models, config: "RunConfig"
) -> ProjectionSettings:
    """Settings of the inversion for some edits of a portrait: without a tuning where its own pixels make them all.

    Only of embedded sets: with others, the strength is searched on pictures of the generator.

    Args:
        requests: None of them stands for all that a portrait can show.
        crop: Its place in a photograph, or None.
    """
    settings, parts = config.projection, [part for one in requests for part in one.parts]
    strengths = [1.0 if part.strength is None else part.strength for part in parts]
    drawn = [is_drawn(part.identifier, own, models) for part, own in zip(parts, strengths, strict=True)]
    own_pixels = crop is not None and models.set.embedded and config.own_pixels and bool(drawn) and all(drawn)
    return with_steps(settings, 0) if own_pixels and settings.tuning.steps is None else settings


def unknown_face(figures: Mapping[str, float], models: Models) -> str | None:
    """Sentence about a crop that edits do not suit, since the generator does not know the face; None for others."""
    psnr = figures.get("inversion_psnr")
    if psnr is None:
        return None
    return unknown_face_warning(psnr, models.set.name, figures.get("tuned_psnr"), figures.get("inversion_identity"))
