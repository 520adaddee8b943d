"""What the actions of `face-edit directions` work on: a model set and a store of translations of its space."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.core.types import Translation
    from pipeline.models import Models


def open_models(options: argparse.Namespace) -> Models:
    """The model set that was asked for."""
    from pipeline.models import Models

    return Models(options.models, options.device)


def open_store(options: argparse.Namespace, models: Models) -> dict[str, Translation]:
    """The translations that were asked for, else the set's own; SpaceMismatch for those of another space."""
    from projection.translations import load, require_space

    if options.translations is None:
        return models.translations
    translations = load(options.translations)
    require_space(translations, models.set.space, models.set.n_style, models.set.dim)
    return translations
