"""What the actions of `face-edit directions` work on: a model set and a store of translations of its space."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.core.types import Translation
    from pipeline.models import Models


def open_models(options: argparse.Namespace) -> Models:
    """The model set that was asked for."""
    from pipeline.models import Models

    return Models(options.models, options.device)


def output(options: argparse.Namespace, models: Models) -> Path:
    """Where translations are written: where they were asked for, else where a set that brings none keeps its own.

    BadInput where that would put a part in the place of a complete set.
    """
    from pipeline.core.weights import built_translations

    if options.output is not None:
        return Path(options.output)
    if "translations" in models.set.files:
        raise BadInput(f"Model set {models.set.name} brings its own translations: say with --output where these go.")
    if getattr(options, "names", None) or getattr(options, "translations", None):
        raise BadInput("Only complete sets are kept with the model set: say with --output where these go.")
    return built_translations(models.set)


def open_store(options: argparse.Namespace, models: Models) -> dict[str, Translation]:
    """The translations that were asked for, else the set's own; SpaceMismatch for those of another space.

    MissingWeights, naming the command that builds them, where the set has none.
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
