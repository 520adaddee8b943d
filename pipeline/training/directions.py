"""Translations of the demo set, found with its own generator and predictor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext


def find_directions(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Find a complete set of translations, write it, and log how each of them did."""
    from pipeline.models import Models
    from projection.directions.extract import DirectionSettings, extract
    from projection.directions.store import save_found, summary

    models, path = Models("demo", str(context.device)), context.target("translations")
    settings = DirectionSettings(size=models.predictor.input_size)
    with context.bar as progress:
        found, outcomes = extract(models.generator, models.predictor, settings, progress=progress)
    save_found(path, found, outcomes, settings, models.fingerprint, models.predictor)
    for line in summary(path, outcomes):
        log(line)
