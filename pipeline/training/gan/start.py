"""What a training starts from: a generator with random weights, or the nets of a loaded model set."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.errors import BadInput
from pipeline.core.model_sets import ModelSet
from pipeline.core.weights import load_state, locate, model_set
from pipeline.models import Models
from pipeline.training.gan.discriminator import Discriminator
from pipeline.training.gan.settings import GanSettings
from projection.nets.generator import Generator

DISCRIMINATOR = "discriminator"
"""Role of the net that a set brings along if it was trained here."""


@dataclass(frozen=True)
class Start:
    """Nets before the first step, on the CPU.

    Attributes:
        generator: Its mapping network stays as it is when the training starts from a set.
        discriminator: The trained one of the set, or a fresh one.
        base: The set, or None.
        warm_up: Whether the discriminator has to be trained before the generator.
    """

    generator: Generator
    discriminator: Discriminator
    base: ModelSet | None
    warm_up: bool


def open_start(settings: GanSettings, base: str | None) -> Start:
    """Nets of the set called `base`, or fresh ones with None.

    Raises:
        BadInput: The set has no generator of this size.
        BadConfig: There is no such set.
        MissingWeights: Its generator is not here.
    """
    if base is None:
        generator = fresh_generator(settings)
        return Start(
            generator, Discriminator(discriminator_channels(generator, settings), settings.levels), None, warm_up=False
        )
    models = model_set(base)
    if not models.space:
        raise BadInput(f"Model set {base} has no generator to start from: see `face-edit models list`.")
    if settings.resolution > models.resolution:
        raise BadInput(
            f"--resolution {settings.resolution} is more than the {models.resolution} pixels of {base}: "
            f"choose {models.resolution} or less."
        )
    opened = Models(base, "cpu").generator.net
    generator = Generator(opened.resolution, opened.style_dim, len(opened.style) - 1, opened.channels)
    generator.load_state_dict(opened.state_dict())
    generator.style.requires_grad_(False)
    _freeze_finer(generator, settings.resolution)
    discriminator = Discriminator(discriminator_channels(generator, settings), settings.levels)
    known = models.files.get(DISCRIMINATOR)
    fits = known is not None and dict(known.config) == discriminator_config(discriminator)
    if fits:
        discriminator.load_state_dict(load_state(locate(models, DISCRIMINATOR)))
    return Start(generator, discriminator, models, warm_up=not fits)


def discriminator_config(net: Discriminator) -> dict[str, object]:
    """Arguments of Discriminator, as a model set declares them."""
    return {"channels": dict(net.channels), "levels": list(net.levels)}


def discriminator_channels(net: Generator, settings: GanSettings) -> dict[int, int]:
    """Width of the discriminator at each resolution."""
    return {size: max(8, round(width * settings.discriminator_width)) for size, width in net.channels.items()}


def fresh_generator(settings: GanSettings) -> Generator:
    """A generator with random weights."""
    return Generator(settings.resolution, settings.style_dim, settings.n_mlp, settings.channels())


def generator_config(net: Generator) -> dict[str, object]:
    """Arguments of Generator, as a model set declares them."""
    n_mlp = len(net.style) - 1  # the first module is the normalisation
    return {
        "resolution": net.resolution,
        "style_dim": net.style_dim,
        "n_mlp": n_mlp,
        "channels": dict(net.channels),
    }


def _freeze_finer(net: Generator, resolution: int) -> None:
    """Keep the layers of larger images as they are."""
    for level, size in enumerate(net.resolutions[1:]):
        if size > resolution:
            for layer in (net.convs[2 * level], net.convs[2 * level + 1], net.to_rgbs[level]):
                layer.requires_grad_(False)
