"""What the directions of the baselines are found on, and the one rule for the strength of them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Translation
from projection.attributes.scoring import Samples, Scorer
from projection.directions.calibration import Outcome, choose, rescale
from projection.directions.settings import DirectionSettings

if TYPE_CHECKING:
    from pipeline.models import Models

START = 2.0
"""Strength at which the search begins, in standard deviations of W along the direction."""


@dataclass(frozen=True)
class Training:
    """Random latents with the predictor's scores; no rendered portrait and no truth is among them.

    Attributes:
        known: Latents of W (N, dim), for the directions.
        pool: Others, in W+ (M, n_style, dim), for the strengths.
    """

    scorer: Scorer
    settings: DirectionSettings
    known: Samples
    pool: Samples

    @classmethod
    def draw(cls, models: Models, settings: DirectionSettings, progress: Progress = SILENT) -> Training:
        """Sample, render and score as many latents as `face-edit directions extract` does."""
        scorer = Scorer(models.generator, models.predictor, settings.size, settings.batch)
        samples = scorer.sample(settings.n_samples, settings.seed, progress)
        kept = round(len(samples) * (1 - settings.held_back))
        fresh = samples[kept:]
        return cls(scorer, settings, samples[:kept], Samples(scorer.in_w_plus(fresh.latents), fresh.scores))

    def two_deviations(self, direction: Floats) -> Floats:
        """A direction (dim,) at the length of `START` standard deviations of W along it."""
        unit = direction / np.linalg.norm(direction)
        return np.asarray(np.float32(START * np.std(self.known.latents @ unit)) * unit, np.float32)

    def calibrated(self, identifier: str, direction: Floats) -> tuple[Translation, Outcome]:
        """The direction (dim,), of any length, at the strength that suits an edit, in all styles.

        The rule is that of the project's own translations (`calibration.search`): the least strength at which the
        predictor sees the target in the median latent and in most of the others; where no strength does, the one of
        the highest mean agreement.
        """
        name, generator = parse(identifier), self.scorer.generator
        path = np.repeat(self.two_deviations(direction)[None, None], generator.n_style, axis=1)
        start = choose(name, [self.pool], self.settings.validation)
        outcome, path = rescale(name, path, start, self.scorer, self.settings.evaluations)
        return Translation(identifier, generator.space, path), outcome


def calibrated(
    training: Training, directions: Mapping[str, Floats], progress: Progress = SILENT
) -> tuple[dict[str, Translation], dict[str, Outcome]]:
    """Translations at their strengths, with their figures on the training's pool, by identifier."""
    found, outcomes = {}, {}
    for number, (name, direction) in enumerate(directions.items()):
        found[name], outcomes[name] = training.calibrated(name, direction)
        progress.step(f"strength of {name}", number + 1, len(directions))
    return found, outcomes
