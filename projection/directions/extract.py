"""Extraction of translations: directions fitted on scored samples of a generator, with all other attributes fixed.

In an anisotropic W the normal of a classifier's boundary is the shortest way across it, but not the generator's own
variation: it undershoots and changes other attributes. Here the latents are regressed on all scores jointly; the
coefficients of one score are the mean change of the latent when only that score changes.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.attributes import TranslationName, attributes, canonical, head_slices, parse, translation_names
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Translation
from pipeline.core.types import Image as Images
from projection.attributes.scoring import (
    Generator,
    Predictor,
    Samples,
    Scorer,
    bystanders,
    require_predicted,
    sources,
    targets,
)
from projection.directions.calibration import Outcome, calibrate, choose, rescale
from projection.directions.settings import DirectionSettings

MIN_ROWS = 40
"""Samples on either side of a class change below which the regression would mostly fit noise."""


def extract(
    generator: Generator,
    predictor: Predictor,
    settings: DirectionSettings | None = None,
    names: Sequence[str] = (),
    inverted: Floats | None = None,
    progress: Progress = SILENT,
) -> tuple[dict[str, Translation], dict[str, Outcome]]:
    """Fit and calibrate translations.

    Args:
        settings: None for the defaults.
        names: Translations to find; empty for a complete set.
        inverted: Latents (M, n_style, dim) of real portraits, which lie outside W: half of the calibration portraits.
        progress: One step per batch and per translation.

    Returns:
        Translations and their outcomes on portraits held back from the fit, by name.

    Raises:
        BadInput: The samples lack a class.
    """
    settings = settings or DirectionSettings()
    scorer = Scorer(generator, predictor, settings.size, settings.batch)
    wanted = [parse(name) for name in names or translation_names()]
    samples = scorer.sample(settings.n_samples, settings.seed, progress)
    kept = max(1, round(len(samples) * (1 - settings.held_back)))
    known, fresh = samples[:kept], samples[kept:]
    pools = [Samples(scorer.in_w_plus(fresh.latents), fresh.scores)]
    if inverted is not None:
        pools.append(Samples(inverted, scorer(inverted)))
    coefficients = forward_regression(known)
    translations, outcomes = {}, {}
    for number, name in enumerate(wanted):
        direction = fit(name, known)
        outcome, path = calibrate(name, direction, coefficients, pools, scorer, settings)
        outcomes[str(name)] = outcome
        translations[str(name)] = Translation(str(name), generator.space, path)
        progress.step(f"calibrating {name}", number + 1, len(wanted))
    return translations, outcomes


def forward_regression(samples: Samples) -> Floats:
    """Coefficients (outputs, dim) of the least-squares regression of latents (N, dim) on all scores jointly.

    Row j is the change of the latent per unit of score j with all other scores fixed. The probabilities of a class
    attribute sum to 1, so only differences of their rows are determined; the minimum-norm solution has them.
    """
    from sklearn.linear_model import LinearRegression

    return np.asarray(LinearRegression().fit(samples.scores, samples.latents).coef_.T, np.float32)


def fit(name: TranslationName, samples: Samples) -> Floats:
    """Direction (dim,) between class means, or from the mean to the canonical value of a cursor.

    Class changes are regressed on the samples at their two ends alone, so that Hc_1_fr_0 and Hc_1_fr_3 may differ.

    Raises:
        BadInput: No sample on one side.
    """
    from sklearn.linear_model import LinearRegression

    if attributes()[name.code].kind == "cursor":
        (value,) = canonical(str(name)).values()
        direction: Floats = forward_regression(samples)[head_slices()[name.code].start] * np.float32(value)
        return direction
    ends = targets(name, samples.scores)
    starts = sources(name, samples.scores, alike=True) & ~ends
    if min(ends.sum(), starts.sum()) < MIN_ROWS:
        return boundary_direction(name, samples)
    rows = starts | ends
    others = np.concatenate([samples.scores[:, place] for place in bystanders(name).values()], axis=1)
    features = np.concatenate([ends[:, None], others], axis=1)[rows]
    return np.asarray(LinearRegression().fit(features, samples.latents[rows]).coef_[:, 0], np.float32)


def boundary_direction(name: TranslationName, samples: Samples) -> Floats:
    """Direction (dim,) for rare classes: covariance of the latents x normal of the class boundary, between class means.

    The normal uses all samples, so few samples of the class suffice; the covariance turns it into the direction in
    which the population itself varies across the boundary.

    Raises:
        BadInput: Fewer than two samples on one side.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    ends = targets(name, samples.scores)
    if ends.sum() < 2 or (~ends).sum() < 2:
        side = "None" if ends.sum() < 2 else "All"
        raise BadInput(f"{side} of {len(samples)} samples show {name.identifier}: raise n_samples or omit {name}.")
    latents = samples.latents
    # Wide shrinkage: with a handful of samples on one side the within-class covariance is mostly the other side's.
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(latents, ends)
    normal = model.coef_[0]
    direction = np.cov(latents, rowvar=False) @ normal
    gap = (latents[ends].mean(0) - latents[~ends].mean(0)) @ normal
    return np.asarray(direction * (gap / (direction @ normal)), np.float32)


def recalibrate(
    translations: Mapping[str, Translation],
    generator: Generator,
    predictor: Predictor,
    settings: DirectionSettings | None = None,
    inverted: Floats | None = None,
    progress: Progress = SILENT,
) -> tuple[dict[str, Translation], dict[str, Outcome]]:
    """Translations at strengths found on new samples, or on `inverted` (M, n_style, dim) alone, and their outcomes.

    Raises:
        BadInput: A direction of the user's own, which no predictor reads.
    """
    for name in translations:
        require_predicted(parse(name))
    settings = settings or DirectionSettings()
    scorer = Scorer(generator, predictor, settings.size, settings.batch)
    if inverted is not None:
        pool = Samples(inverted, scorer(inverted, progress))
    else:
        fresh = scorer.sample(round(settings.n_samples * settings.held_back), settings.seed + 1, progress)
        pool = Samples(scorer.in_w_plus(fresh.latents), fresh.scores)
    changed, outcomes = {}, {}
    for number, (name, translation) in enumerate(translations.items()):
        start = choose(parse(name), [pool], settings.validation)
        outcomes[name], path = rescale(parse(name), translation.path, start, scorer, settings.evaluations)
        changed[name] = Translation(name, translation.space, path)
        progress.step(f"calibrating {name}", number + 1, len(translations))
    return changed, outcomes


def show(
    translation: Translation,
    generator: Generator,
    predictor: Predictor,
    seed: int = 0,
    strengths: Sequence[float] = (0, 0.5, 1, 1.5, 2),
    faces: int = 4,
) -> Images:
    """Faces at the source of a translation at several strengths: uint8 (faces, strengths, H, W, 3).

    A direction of the user's own, which no predictor reads, is shown on the first samples.
    """
    settings = DirectionSettings(seed=seed)
    scorer = Scorer(generator, predictor, settings.size, settings.batch)
    fresh = scorer.sample(64, seed)
    name, latents = parse(translation.name), scorer.in_w_plus(fresh.latents)
    start = choose(name, [Samples(latents, fresh.scores)], faces) if name.code in attributes() else ()
    latents = start.latents if isinstance(start, Samples) and len(start) else latents[:faces]
    moved = latents[:, None] + np.stack([translation.displacement(strength) for strength in strengths])
    pictures = generator.render(moved.reshape(-1, *moved.shape[2:]), size=2 * settings.size)
    return pictures.reshape(len(latents), len(strengths), *pictures.shape[1:])
