"""Directions of one's own with the nets of a model set: examples from a sentence, and learning from any examples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.core.attributes import TranslationName
from pipeline.core.errors import MissingWeights
from pipeline.core.progress import Progress
from projection.directions.examples import Examples
from projection.directions.settings import DirectionSettings, LearnSettings
from projection.directions.sight import Sight
from projection.directions.supervised import Learned, Nets, learn

if TYPE_CHECKING:
    from pipeline.models import Models
    from projection.attributes.population import PopulationPredictor
    from projection.attributes.predictor import AttributePredictor
    from projection.directions.readers import Reader

S = TypeVar("S", DirectionSettings, LearnSettings)


def fitted_predictor(
    models: Models, settings: S, progress: Progress
) -> tuple[AttributePredictor | PopulationPredictor, S]:
    """The set's predictor, fitted to the generator's population, and the settings with its input size."""
    from projection.attributes.population import PopulationPredictor, fit_population

    predictor = models.predictor
    if "size" not in settings.model_fields_set:
        settings = settings.model_copy(update={"size": predictor.input_size})
    if isinstance(predictor, PopulationPredictor):
        progress.note(f"{models.set.name}: scored by {' and '.join(scorer.name for scorer in predictor.scorers)}")
        predictor = fit_population(predictor, models.generator, settings.seed, settings.batch, progress)
    return predictor, settings


def sentence_examples(
    models: Models, sentence: str, against: str, settings: LearnSettings, progress: Progress
) -> tuple[Reader, Examples, LearnSettings]:
    """What reads a sentence in images, samples of W scored by it, and the settings with CLIP's input size.

    Args:
        sentence: "a person with freckles".
        against: What it is compared with, "a person".

    Raises:
        MissingWeights: CLIP is not here.
    """
    if "size" not in settings.model_fields_set:
        settings = settings.model_copy(update={"size": models.clip.input_size})
    read = partial(models.clip.difference, sentence=sentence, against=against)
    sight = Sight(models.generator, None, settings.size, settings.batch)
    latents = sight.scorer.in_w_plus(sight.scorer.mapped(settings.n_samples, settings.seed + 1))
    scores = np.concatenate([read(images) for images in sight.batches(latents, progress)])
    return read, Examples(latents, scores).check(), settings


def learn_direction(
    models: Models,
    examples: Examples,
    read: Reader | None,
    settings: LearnSettings,
    name: TranslationName | None,
    codes: Sequence[str] | None,
    progress: Progress,
) -> Learned:
    """Learn a direction with the nets of a set, see `supervised.learn`.

    Other attributes are kept fixed only where the set's predictor is here; otherwise a note says so.

    Args:
        read: Reads the movement in images; None: the encoder or the predictor does.
    """
    try:
        predictor, settings = fitted_predictor(models, settings, progress)
    except MissingWeights as error:
        progress.note(f"Other attributes are not kept fixed: {error}")
        predictor = None
    nets = Nets(models.generator, predictor, models.encoder_or_none, read)
    return learn(examples, nets, settings, name, codes, progress)
