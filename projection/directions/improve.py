"""Repair of translations: sign, strength, layers, what moves along, or a new fit, kept if measurably better."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.core.attributes import TranslationName, parse
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Translation
from projection.attributes.scoring import Samples, Scorer, agreement
from projection.directions.audit import PART_OF_LAYERS
from projection.directions.calibration import AGREED, calibrate, choose, judge
from projection.directions.extract import fit, forward_regression
from projection.directions.settings import DirectionSettings

LEAK_WEIGHT = 5.0
"""How much a unit of mean leak costs, in units of agreement."""
BETTER = 0.03
"""Difference of two values that justifies a later candidate, or a change at all."""


@dataclass(frozen=True)
class Repair:
    """A translation that was improved.

    Attributes:
        how: What changed, in words.
        before: Value on held-out portraits, see `value`.
        after: The same of the repaired one.
    """

    translation: Translation
    how: str
    before: float
    after: float


def improve(
    translations: Mapping[str, Translation],
    pool: Samples,
    scorer: Scorer,
    settings: DirectionSettings,
    progress: Progress = SILENT,
) -> dict[str, Repair]:
    """Repairs by name of the translations that get measurably better; the others are left out.

    Args:
        pool: Fresh samples of W with the predictor's scores; the last `held_back` are kept from fits and choices.
        scorer: With the predictor that steers.
    """
    kept = round(len(pool) * (1 - settings.held_back))
    known, fresh = pool[:kept], pool[kept:]
    found = {}
    for number, (name, translation) in enumerate(translations.items()):
        repair = _repair(parse(name), translation, known, fresh, scorer, settings)
        if repair is not None:
            found[name] = repair
        progress.step(f"improving {name}", number + 1, len(translations))
    return found


def value(name: TranslationName, displacement: Floats, start: Samples, scorer: Scorer) -> float:
    """Mean agreement of portraits after a displacement, at most `AGREED` of each, less the weighted mean leak."""
    scores = scorer(start.latents + displacement)
    leak = judge(name, start.scores, scores, 1.0).leak
    return float(np.minimum(agreement(name, scores), AGREED).mean() - LEAK_WEIGHT * np.mean(list(leak.values())))


def _repair(
    name: TranslationName,
    translation: Translation,
    known: Samples,
    fresh: Samples,
    scorer: Scorer,
    settings: DirectionSettings,
) -> Repair | None:
    start, held = (
        choose(name, [Samples(scorer.in_w_plus(part.latents), part.scores)], settings.validation)
        for part in (known, fresh)
    )
    if not len(start) or not len(held):
        return None
    best, how, path = value(name, translation.displacement(), start, scorer), "", translation.path
    for words, candidate in _candidates(name, translation, known, start, scorer, settings):
        reached = value(name, candidate[-1], start, scorer)
        if reached > best + BETTER:
            best, how, path = reached, words, candidate
    if not how:
        return None
    before, after = (value(name, each, held, scorer) for each in (translation.displacement(), path[-1]))
    made = Translation(translation.name, translation.space, path)
    return Repair(made, how, before, after) if after > before + BETTER else None


def _candidates(
    name: TranslationName,
    translation: Translation,
    known: Samples,
    start: Samples,
    scorer: Scorer,
    settings: DirectionSettings,
) -> Iterator[tuple[str, Floats]]:
    """Paths (K, n_style, dim) to try, in words, from the smallest repair to a new fit."""
    path = translation.path
    lengths = np.linalg.norm(path[-1], axis=1)
    moving = lengths > PART_OF_LAYERS * max(float(lengths.mean()), 1e-9)
    everywhere = np.repeat(path[:, moving].mean(1, keepdims=True), path.shape[1], axis=1) if moving.any() else path
    words = "" if moving.all() else "all layers, "
    for strength in (1.0, -1.0, 1.5, 2.0):
        yield f"{words}strength {strength:g}", np.float32(strength) * (path if moving.all() else everywhere)
    pools = [Samples(start.latents, start.scores)]
    coefficients = forward_regression(known)
    _, corrected = calibrate(name, everywhere[-1].mean(0), coefficients, pools, scorer, settings)
    yield "what moved along taken back", corrected
    try:
        _, fitted = calibrate(name, fit(name, known), coefficients, pools, scorer, settings)
    except BadInput:
        return
    yield "fitted again", fitted
