"""Settings, model set with its predictor and translation store of the actions of `face-edit directions`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.core.types import Translation
    from pipeline.models import Models
    from projection.directions.describe import Describer
    from projection.directions.settings import DirectionSettings, LearnSettings

S = TypeVar("S", "DirectionSettings", "LearnSettings")


def chosen(kind: type[S], sets: list[str]) -> S:
    """Settings from each KEY=VALUE; raises BadConfig."""
    from pipeline.core.settings import assign, read_assignment, validated

    values: dict[str, object] = {}
    for assignment in sets:
        assign(values, *read_assignment(assignment))
    return validated(kind, values)


def open_models(options: argparse.Namespace) -> Models:
    """Models of the requested set."""
    from pipeline.models import Models

    return Models(options.models, options.device)


def open_describer(models: Models) -> Describer:
    """What draws and measures directions of the user's own, with the set's predictor where it is ready."""
    from projection.directions.describe import describer

    return describer(models.generator, lambda: models.predictor)


def output(options: argparse.Namespace, models: Models) -> Path:
    """Store to write: --output, else the place for built translations of a set without published ones.

    Raises:
        BadInput: The set has published translations, or an incomplete set would be stored in that place.
    """
    from pipeline.core.weights import built_translations

    if options.output is not None:
        return Path(options.output)
    if "translations" in models.set.files:
        raise BadInput(f"Model set {models.set.name} brings its own translations: give another place with --output.")
    if getattr(options, "names", None) or getattr(options, "translations", None):
        raise BadInput("Only complete sets are stored with the model set: give another place with --output.")
    return built_translations(models.set)


def open_store(options: argparse.Namespace, models: Models) -> dict[str, Translation]:
    """Translations of the requested store, else of the model set.

    Raises:
        SpaceMismatch: They belong to another space.
        MissingWeights: The set has none; the message names the command that builds them.
    """
    from pipeline.core.weights import no_translations
    from projection.translations import load, require_space

    if options.translations is None:
        if not models.translations:
            raise no_translations(models.set)
        return models.translations
    translations = load(options.translations)
    require_space(translations, models.set.space, models.set.n_style, models.set.dim)
    return translations
