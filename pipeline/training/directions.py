"""Translations of the demo set, extracted with its generator and predictor."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.models import Models
from pipeline.training.context import TrainingContext
from projection.directions.save_found import save_found, summary


def find_directions(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Extract a complete set of translations, write it, and log the figures of each."""
    from projection.directions.extract import extract
    from projection.directions.settings import DirectionSettings

    models, path = Models("demo", str(context.device)), context.target("translations")
    settings = DirectionSettings(size=models.predictor.input_size)
    with context.bar as progress:
        found, outcomes = extract(models.generator, models.predictor, settings, progress=progress)
    save_found(path, found, outcomes, settings, models.fingerprint, models.predictor)
    for line in summary(path, outcomes):
        log(line)
