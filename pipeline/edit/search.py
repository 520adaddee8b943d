"""Least change of one portrait that reaches the target of an edit, found on small pictures with the predictor.

Translations are calibrated on many portraits: strength 1 is too much for some, too little for others, and moves other
attributes of some. Here each goes a few steps along its translation; after each step, what else moved is taken back,
as in projected directions (Shen et al., InterFaceGAN, 2020, section 2.3), but by the change that is read. The strength
is then bracketed between two steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.config import Budget
from pipeline.core.attributes import attributes, colour_value, head_slices, parse
from pipeline.core.types import Floats, Portrait, Translation
from pipeline.edit.readings import Reading, Readings, portrait_scores
from pipeline.edit.targets import leak, progress
from pipeline.models import Models
from projection.attributes.scoring import TAIL, agreement, bystanders
from projection.translations import cursor_strength

STEP, STEPS = 0.5, 4
"""Strength of a step, and the most steps: latents farther away are unknown to the generator."""
STEPS_OF_COLOURS = 3
"""Steps of an edit of colours alone after which it is enough that they are seen: farther on, grey hair turns blue and
dark skin black."""
NARROWING = 3
"""Readings between the last two steps."""
CLEAR = 0.7
"""Probability at which a colour is reached that the identity net takes for another person."""
DOUBTFUL = 0.5
"""Probability of a class below which its target counts as missed, where no strength reaches `ENOUGH`."""
NEARLY = 0.95
"""Share of the best progress that is as good as the best, where no strength reaches the target."""
STRANGER = "the person would change too much"
SIDE_EFFECTS = "other attributes would change too much"
OUT_OF_REACH = "no strength reaches it"
"""Why a target is missed."""
MOST_TAKEN_BACK = 0.15
"""Largest correction of a step, as a share of the step's length: more moves fewer attributes, but other pixels."""


@dataclass(frozen=True)
class Found:
    """A move for one portrait.

    Attributes:
        move: Translation along the path found.
        strength: How far along it, in strengths of the translation searched from; 1 = as calibrated.
        missed: Why the target was not reached; empty where it was.
    """

    move: Translation
    strength: float
    missed: str = ""


@dataclass(frozen=True)
class _Point:
    """A point of the path: what is read there, and how far the target is, 0 at the portrait and 1 when reached."""

    strength: float
    offset: Floats
    progress: float
    value: float
    leak: float = 0.0
    identity: float = 0.0

    def over(self, budget: Budget) -> str:
        """The budget that is exceeded, in words; empty if none is."""
        if self.identity > budget.identity:
            return STRANGER
        return SIDE_EFFECTS if self.leak > budget.leak else ""


@dataclass
class _Walk:
    """Search of one move: its steps so far, then the bracket around the strength."""

    move: Translation
    steps: list[_Point]
    taken_back: Floats
    """Correction of the last step, which the next one expects too."""
    lower: _Point = field(init=False)
    upper: _Point | None = None

    def __post_init__(self) -> None:
        self.lower = self.steps[0]


def search(portrait: Portrait, moves: Sequence[Translation], models: Models, budget: Budget) -> list[Found]:
    """The least sufficient strength, 0..2, and the path of each move for this portrait.

    Strength 1 for uncalibrated translations, such as the user's own, and in photographs that an embedded set edits: its
    predictor would ask most of them for twice as much. With a generator that is not elastic, cursors follow from the
    prediction for the portrait and the calibrated gain, and classes keep 1.
    """
    found = [Found(move, 1.0) for move in moves]
    known = [i for i, move in enumerate(moves) if is_calibrated(move, models)]
    if not known or (portrait.crop is not None and models.set.embedded):
        return found
    if not models.generator.elastic or portrait.latent is None:
        read = portrait_scores(portrait, models)
        for i in known:
            if attributes()[moves[i].code].kind == "cursor":
                value = float(read[moves[i].code][0])
                found[i] = Found(moves[i], cursor_strength(moves[i].name, value, models.gains[moves[i].name]))
        return found
    readings = Readings(portrait, models)
    rows = responses(models.translations, models.gains)
    walks = [_start(moves[i], readings.before, portrait.latent.shape) for i in known]
    _advance(walks, readings, rows, budget)
    _narrow(walks, readings, budget)
    for i, walk in zip(known, walks, strict=True):
        found[i] = _result(walk, budget)
    return found


def responses(translations: Mapping[str, Translation], gains: Mapping[str, float]) -> dict[int, Floats]:
    """Change of the latent (n_style, dim) per unit of each output of the predictor, by its number.

    A calibrated translation is the change of the latent with all other attributes fixed, its gain that of the output.
    The probabilities of a class sum to 1, so that half of each one's response counts. Outputs without a translation of
    their own, such as the middle of a scale, are left out: what they lose, others gain.
    """
    found = {}
    for code, place in head_slices().items():
        attribute = attributes()[code]
        ends = ("max",) if attribute.kind == "cursor" else tuple(attribute.values)
        for number, value in enumerate(ends):
            name = f"{code}_{value}"
            if name in translations and gains.get(name, 0.0) > 0:
                share = 1.0 if attribute.kind == "cursor" else 0.5
                found[place.start + number] = translations[name].displacement() * np.float32(share / gains[name])
    return found


def is_calibrated(move: Translation, models: Models) -> bool:
    """Whether the gain of a translation of this model set is known."""
    return models.gains.get(move.name) is not None and models.translations.get(move.name) is move


def _start(move: Translation, before: Floats, shape: tuple[int, ...]) -> _Walk:
    still = np.zeros(shape, np.float32)
    return _Walk(move, [_point(move, 0.0, still, before, before, 0.0)], still)


def _point(
    move: Translation, strength: float, offset: Floats, before: Floats, scores: Floats, identity: float
) -> _Point:
    row = scores[None]
    return _Point(
        strength,
        offset,
        float(progress(move.name, row)[0]),
        float(agreement(parse(move.name), row)[0]),
        float(leak(move.name, before, row)[0]),
        identity,
    )


def _read(
    walks: Sequence[_Walk],
    strengths: Sequence[float],
    offsets: Sequence[Floats],
    readings: Readings,
    budget: Budget,
) -> tuple[list[_Point], Reading]:
    reading = readings([(walk.move, s) for walk, s in zip(walks, strengths, strict=True)], np.stack(offsets))
    points = [
        _point(walk.move, strengths[i], offsets[i], readings.before, reading.scores[i], float(reading.identity[i]))
        for i, walk in enumerate(walks)
    ]
    points = [
        _coloured(point, budget) if colour_value(walk.move.name) else point
        for walk, point in zip(walks, points, strict=True)
    ]
    return points, reading


def _coloured(point: _Point, budget: Budget) -> _Point:
    """A point of an edit of colours alone, which make nobody else of a portrait.

    Where the identity net sees somebody else it is enough that they are clear.
    """
    clear = point.value / CLEAR if point.identity > budget.identity else 0.0
    return replace(point, progress=max(point.progress, clear), identity=0.0)


def _advance(walks: Sequence[_Walk], readings: Readings, rows: Mapping[int, Floats], budget: Budget) -> None:
    """Step along each translation until its target or a budget is passed; take back what else moved after each step."""
    going = [walk for walk in walks if walk.lower.progress < 1]
    for number in range(1, STEPS + 1):
        if not going:
            return
        strength = number * STEP
        ahead = [walk.move.displacement(strength) - walk.move.displacement(strength - STEP) for walk in going]
        offsets = [walk.lower.offset + part + walk.taken_back for walk, part in zip(going, ahead, strict=True)]
        points, reading = _read(going, [strength] * len(going), offsets, readings, budget)
        following = []
        for walk, part, point, scores in zip(going, ahead, points, reading.scores, strict=True):
            change = _correction(walk.move.name, scores - readings.before, rows, part)
            walk.taken_back = _limited(walk.taken_back + change, part)
            corrected = _Point(strength, point.offset + change, point.progress, point.value, point.leak, point.identity)
            if point.progress >= 1 or point.over(budget):
                walk.upper = corrected
            else:
                walk.lower = corrected
                following.append(walk)
            walk.steps.append(corrected)
        going = [walk for walk in following if number < STEPS_OF_COLOURS or not _is_coloured(walk)]


def _narrow(walks: Sequence[_Walk], readings: Readings, budget: Budget) -> None:
    """Bisect between the last insufficient point and the first that reaches the target or exceeds a budget."""
    open_ = [walk for walk in walks if walk.upper is not None]
    for _ in range(NARROWING if open_ else 0):
        shares = [_share(walk, budget) for walk in open_]
        strengths, offsets = [], []
        for walk, share in zip(open_, shares, strict=True):
            assert walk.upper is not None
            strengths.append(walk.lower.strength + share * (walk.upper.strength - walk.lower.strength))
            offsets.append(walk.lower.offset + np.float32(share) * (walk.upper.offset - walk.lower.offset))
        points, _ = _read(open_, strengths, offsets, readings, budget)
        for walk, point in zip(open_, points, strict=True):
            if point.progress >= 1 or point.over(budget):
                walk.upper = point
            else:
                walk.lower = point


def _share(walk: _Walk, budget: Budget) -> float:
    """Where to look next between the ends of the bracket, 0..1: by a straight line, or in the middle at a budget."""
    assert walk.upper is not None
    if walk.upper.over(budget) or walk.upper.progress <= walk.lower.progress:
        return 0.5
    share = (1 - walk.lower.progress) / (walk.upper.progress - walk.lower.progress)
    return float(np.clip(share, 0.1, 0.9))


def _is_coloured(walk: _Walk) -> bool:
    """Whether an edit of colours alone is seen, if not beyond doubt."""
    return colour_value(walk.move.name) is not None and walk.lower.value >= DOUBTFUL


def _correction(name: str, change: Floats, rows: Mapping[int, Floats], step: Floats) -> Floats:
    """Change of the latent that takes back the `change` (outputs,) of the other attributes."""
    total = np.zeros_like(step)
    for place in bystanders(parse(name)).values():
        for output in range(place.start, place.stop):
            if output in rows:
                total -= change[output] * rows[output]
    return _limited(total, step)


def _limited(change: Floats, step: Floats) -> Floats:
    length, most = float(np.linalg.norm(change)), MOST_TAKEN_BACK * float(np.linalg.norm(step))
    return change if length <= most else change * np.float32(most / length)


def _result(walk: _Walk, budget: Budget) -> Found:
    end, upper = walk.lower, walk.upper
    if upper is not None and not upper.over(budget):
        return Found(_path(walk, upper), upper.strength)
    if upper is None:  # no strength is enough: the least that is nearly as good as any
        best = max(point.progress for point in walk.steps)
        end = next(point for point in walk.steps if point.progress >= min(NEARLY * best, best))
    doubtful = TAIL if attributes()[walk.move.code].kind == "cursor" else DOUBTFUL
    if end.value >= doubtful:
        return Found(_path(walk, end), end.strength)
    return Found(_path(walk, end), end.strength, upper.over(budget) if upper is not None else OUT_OF_REACH)


def _path(walk: _Walk, end: _Point) -> Translation:
    """Translation through the steps taken; `end` is one of them or between the two around its strength."""
    taken = [point for point in walk.steps[1:] if point.strength - STEP < end.strength]
    if not taken:
        return walk.move
    path = np.stack([point.offset for point in taken])
    return Translation(walk.move.name, walk.move.space, path, taken[-1].strength)
