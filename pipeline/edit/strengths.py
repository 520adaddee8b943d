"""Strength of each translation for one portrait, found on small renderings with the attribute predictor.

Translations are calibrated on many portraits; strength 1 is too much for some portraits and too little for others.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.images import resize
from pipeline.core.types import Floats, Portrait, Translation
from pipeline.models import Models
from projection.attributes.scoring import agreement, flatten
from projection.translations import cursor_strength

TRIED = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0, 1.25, 1.6, 2.0)
ENOUGH = 0.9
"""Probability of the target class at which the calibrated strength is kept."""
NEARLY = 0.9
"""Share of the best probability within which the strengths of an inner class count as equally good."""
SCALE_ENDS = (0.6, 1.4)
"""Range of strengths for the outer classes of a scale, whose probability keeps rising with the strength."""
LIKELY = 0.6
"""Sufficient probability of such a class where `ENOUGH` is out of reach: doubt must not raise the strength."""


def strengths(portrait: Portrait, moves: Sequence[Translation], models: Models) -> list[float]:
    """Strength in 0..2 of each move for this portrait; 1 for uncalibrated translations, such as the user's own.

    An elastic generator renders all of `TRIED` at the predictor's resolution. With any other generator, cursors follow
    from the prediction for the portrait and the calibrated gain, and classes keep 1.
    """
    found = [1.0] * len(moves)
    known = [i for i, move in enumerate(moves) if _calibrated(move, models)]
    if not known:
        return found
    if not models.generator.elastic or portrait.latent is None:
        read = models.predictor.predict([portrait.image])
        for i in known:
            if attributes()[moves[i].code].kind == "cursor":
                value = float(read[moves[i].code][0])
                found[i] = cursor_strength(moves[i].name, value, models.gains[moves[i].name])
        return found
    offsets = np.stack([[moves[i].displacement(s) for s in TRIED] for i in known])
    tried = _scores(portrait, offsets.reshape(-1, *portrait.latent.shape), models).reshape(len(known), len(TRIED), -1)
    for i, scores in zip(known, tried, strict=True):
        found[i] = choose(moves[i].name, agreement(parse(moves[i].name), scores), TRIED)
    return found


def _scores(portrait: Portrait, offsets: Floats, models: Models) -> Floats:
    """Predictions (N, outputs) for small renderings of the portrait displaced by offsets (N, n_style, dim).

    The residual of the reconstruction is added, as the step `detail` does for the finished edit.
    """
    assert portrait.latent is not None
    size, generator = models.predictor.input_size, portrait.own(models.generator)
    level = min(side for side in generator.net.resolutions if side >= min(size, generator.resolution))

    def rendered(latents: Floats) -> Floats:
        return np.asarray(generator.render(latents, size=size, resolution=level), np.float32)

    residual = resize(portrait.image, size) - rendered(portrait.latent[None])
    found = []
    for start in range(0, len(offsets), SMALL_IMAGES):
        pictures = rendered(portrait.latent + offsets[start : start + SMALL_IMAGES]) + residual
        found.append(flatten(models.predictor.predict(np.clip(np.rint(pictures), 0, 255).astype(np.uint8))))
    return np.concatenate(found)


def choose(name: str, reached: Floats, tried: Sequence[float]) -> float:
    """The best strength of a translation, interpolated between the strengths tried.

    A cursor gets the strength of its canonical value; an inner class of a scale the middle of its range, an outer one
    the start; any other class 1 if `ENOUGH` is reached there, else the smallest strength above 1 that reaches it, else
    that of the highest agreement.

    Args:
        reached: (K,) agreement of the predictor, see `projection.attributes.scoring.agreement`.
        tried: (K,) strengths, ascending.
    """
    fine = np.linspace(tried[0], tried[-1], 200)
    curve = np.interp(fine, tried, reached)
    parsed = parse(name)
    attribute = attributes()[parsed.code]
    if attribute.kind == "cursor":
        (target,) = canonical(name).values()
        return float(fine[np.argmin(np.abs(curve - abs(target)))])
    if attribute.ordered and parsed.value not in (min(attribute.values), max(attribute.values)):
        good = fine[curve >= NEARLY * curve.max()]
        return float((good[0] + good[-1]) / 2)
    if attribute.ordered:
        allowed = (fine >= SCALE_ENDS[0]) & (fine <= SCALE_ENDS[1])
        fine, curve = fine[allowed], curve[allowed]
        for level in (ENOUGH, LIKELY):
            if (curve >= level).any():
                return float(fine[np.argmax(curve >= level)])
        return float(fine[np.argmax(curve)])
    if np.interp(1.0, tried, reached) >= ENOUGH:
        return 1.0
    enough = fine[(curve >= ENOUGH) & (fine > 1)]
    return float(enough[0] if len(enough) else fine[np.argmax(curve)])


def _calibrated(move: Translation, models: Models) -> bool:
    return models.gains.get(move.name) is not None and models.translations.get(move.name) is move
