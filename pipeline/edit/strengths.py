"""How strongly each translation moves one portrait: tried on small pictures until the attribute predictor agrees.

A translation is calibrated on many portraits, so at strength 1 it takes some too far and others not far enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.core.images import resize
from pipeline.core.types import Floats, Portrait, Translation
from projection.attributes.scoring import agreement, flatten
from projection.translations import cursor_strength

if TYPE_CHECKING:
    from pipeline.models import Models

TRIED = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0, 1.25, 1.6, 2.0)
ENOUGH = 0.9
"""Probability of the target class that needs no other strength than the calibrated one."""
NEARLY = 0.9
"""Share of the best probability within which the strengths of an inner class count as equally good."""
SCALE_ENDS = (0.6, 1.4)
"""Strengths for the outer classes of a scale, which the predictor likes the better the farther one goes."""
LIKELY = 0.6
"""Probability of such a class that has to do where `ENOUGH` is out of reach: doubt is no reason to go farther."""
BATCH = 32


def strengths(portrait: Portrait, moves: Sequence[Translation], models: Models) -> list[float]:
    """Strength in 0..2 of each of the moves for this portrait.

    1 for translations of which no calibration says what they do, among them the user's own. Where the generator is
    elastic, they are tried at the predictor's resolution; elsewhere cursors follow from the portrait's own reading and
    the calibrated gain, and classes keep 1.
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
    """What the predictor sees (N, outputs) in small pictures of the portrait moved by the offsets (N, n_style, dim).

    As in the step `detail`, what the generator lacks of the portrait is in them: so will the finished edit be.
    """
    assert portrait.latent is not None
    size, generator = models.predictor.input_size, portrait.own(models.generator)
    level = min(side for side in generator.net.resolutions if side >= min(size, generator.resolution))

    def draw(latents: Floats) -> Floats:
        return np.asarray(generator.render(latents, size=size, resolution=level), np.float32)

    missing = resize(portrait.image, size) - draw(portrait.latent[None])
    found = []
    for start in range(0, len(offsets), BATCH):
        pictures = draw(portrait.latent + offsets[start : start + BATCH]) + missing
        found.append(flatten(models.predictor.predict(np.clip(np.rint(pictures), 0, 255).astype(np.uint8))))
    return np.concatenate(found)


def choose(name: str, reached: Floats, tried: Sequence[float]) -> float:
    """The best strength, between those `tried` in ascending order, for a translation called `name`.

    reached (K,): agreement of the predictor, see `projection.attributes.scoring.agreement`. A cursor goes to its
    canonical value, an inner class of a scale to the middle of where it is found, an outer one to where it begins; any
    other class keeps 1 where that is enough, else gets the smallest strength beyond it that is, else the one that comes
    nearest.
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
