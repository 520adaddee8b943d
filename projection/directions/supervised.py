"""Directions learned from scored examples, with the attributes that a predictor knows kept fixed.

Few examples say little about hundreds of dimensions. The generator adds what it offers for free: samples of W say in
which units to measure, and their predicted scores say which way the other attributes lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.attributes import TranslationName
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image
from projection.attributes.scoring import Generator, Predictor, Samples
from projection.directions.calibration import Outcome, judge, leaks, without_leak
from projection.directions.candidates import Candidate, Task, candidates, make_task
from projection.directions.conditions import bystanding, fixed, normals_of, own_attribute
from projection.directions.examples import Examples
from projection.directions.extract import forward_regression
from projection.directions.layers import Layers, needed, strength
from projection.directions.linear import Seen, Source, Space
from projection.directions.readers import Reader, by_encoder, by_predictor, encoded, logarithms
from projection.directions.settings import LearnSettings
from projection.directions.sight import Sight
from projection.directions.whitening import Whitening

MAPPED = 20_000
"""Samples of W for its covariance; only the mapping network runs."""
TOLERANCE = 0.1
"""Difference in held-out score that less leak is worth."""
FOREIGN = 0.2
"""Loss in held-out score by the conditioning from which on the examples differ mostly in what is fixed."""
CONTENDERS = 8
"""Candidates that are rendered and measured: the best by held-out score."""
SEEN = 120
"""Examples up to which their images are models' sources too: more suffice by themselves."""
FEW = 0.1
"""Least movement by which leak is divided."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A direction learned from examples.

    Attributes:
        path: float32 (1, n_style, dim); strength 1 moves the median example without it to the median with it.
        recipe: How it was found: method, source, conditioning, styles, settings.
        figures: Measured on examples without it: held-out score, strength, movement, leak by code.
        table: One row per candidate; movement and leak of those whose score is good enough.
        outcome: Figures of a translation of the table, for the strengths of portraits; else None.
    """

    path: Floats
    recipe: dict[str, Any]
    figures: dict[str, Any]
    table: list[dict[str, Any]]
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Nets:
    """What is learned with.

    Attributes:
        predictor: Of the attributes to keep fixed, or None.
        encoder: Reads images of examples, and the movement of an attribute that the predictor does not know, or None.
        read: Reads the movement instead, such as CLIP.
    """

    generator: Generator
    predictor: Predictor | None = None
    encoder: Any = None
    read: Reader | None = None


def learn(
    examples: Examples,
    nets: Nets,
    settings: LearnSettings | None = None,
    name: TranslationName | None = None,
    codes: Sequence[str] | None = None,
    progress: Progress = SILENT,
) -> Learned:
    """Learn a direction.

    Every method on every source with every conditioning is a candidate. Where something is fixed, only those that
    project it out may be chosen. Of those whose held-out score is within one standard error or `TOLERANCE` of the best
    one, the least leak per movement decides; without a predictor, the score.

    Args:
        name: Translation of the table that the direction is, if it is one.
        codes: Attributes of the predictor to keep fixed; None: all but the examples' own, where `PER_AXIS` allows.

    Raises:
        BadInput: An unknown code, or one without a predictor; too few examples.
    """
    work = _Work(examples.check(), nets, settings or LearnSettings(), name, codes, progress)
    found = work.candidates()
    chosen, measured = work.choose(found)
    path = work.corrected(chosen.path)
    first, _ = strength(work.measure, path, work.settings.evaluations)
    path, layers = needed(work.measure, np.float32(first) * path, work.settings.block, work.settings.kept)
    second, movement = strength(work.measure, path, work.settings.evaluations)
    path = (np.float32(second) * path).astype(np.float32)
    figures, outcome = work.figures(chosen, path, first * second, movement, layers)
    table = [_row(each, measured.get(number), each is chosen) for number, each in enumerate(found)]
    return Learned(path[None], work.recipe(chosen, layers), figures, table, outcome)


class _Work:
    """What the steps of `learn` share."""

    def __init__(
        self,
        examples: Examples,
        nets: Nets,
        settings: LearnSettings,
        name: TranslationName | None,
        codes: Sequence[str] | None,
        progress: Progress,
    ) -> None:
        self.examples, self.nets, self.settings, self.name, self.progress = examples, nets, settings, name, progress
        self.sight = Sight(nets.generator, nets.predictor, settings.size, settings.batch)
        mapped = self.sight.scorer.mapped(max(MAPPED, settings.n_samples), settings.seed)
        self.whitening = Whitening.of(mapped)
        without, having = examples.ends
        self.shown = [self.sight.images(examples.latents[_spaced(rows, settings.shown)]) for rows in (without, having)]
        self.own = name.code if name else own_attribute(self.sight, *self.shown) if codes is None else None
        self.places = bystanding(name, self.own) if nets.predictor else {}
        self.fixed = fixed(self.places, codes, settings.n_samples, len(self.whitening.scale))
        self.population, self.encoded = self.sight.population(
            mapped[: settings.n_samples], nets.encoder, self.whitening, progress
        )
        self.read = self._reader()
        start = examples.latents[_spaced(without, settings.validation)]
        shown = self.sight.images(start)
        self.start = Samples(start, self.sight.scores(shown))
        self.before, low, high = (self._median(images) for images in (shown, *self.shown))
        self.way = max(high - low, 1e-6)

    def candidates(self) -> list[Candidate]:
        """Candidates of W and, where the examples' styles differ, of W+."""
        result: list[Candidate] = []
        varied = bool(np.ptp(self.examples.latents, axis=1).max() > 1e-4)
        spaces: tuple[Space, ...] = ("W", "W+") if varied else ("W",)
        for space in spaces:
            self.progress.step(f"fitting in {space}")
            task = self._task(space)
            folds = self.settings.folds
            result += candidates(task, self.whitening, self.nets.generator.n_style, folds, self.settings.seed)
        return result

    def choose(self, found: Sequence[Candidate]) -> tuple[Candidate, dict[int, tuple[float, float]]]:
        """The best candidate; movement and leak of those whose score is good enough, by their number."""
        numbers = [number for number, each in enumerate(found) if each.kind.conditioned] or list(range(len(found)))
        best = max((found[number] for number in numbers), key=lambda each: each.held_out)
        floor = best.held_out - max(best.error, TOLERANCE)
        if max(each.held_out for each in found) - best.held_out > FOREIGN:
            self.progress.warn(
                f"Without what is fixed, held-back examples are told apart worse ({best.held_out:.2f}): name fewer "
                "attributes to keep fixed, or give examples that differ less in them."
            )
        near = [number for number in numbers if found[number].held_out >= floor]
        near = sorted(near, key=lambda number: -found[number].held_out)[:CONTENDERS]
        measured = {}
        for done, number in enumerate(near):
            measured[number] = self.measure(found[number].path)
            self.progress.step("measuring candidates", done + 1, len(near))
        if not self.nets.predictor:
            return max((found[number] for number in near), key=lambda each: each.held_out), measured
        return found[min(near, key=lambda number: measured[number][1] / max(measured[number][0], FEW))], measured

    def corrected(self, path: Floats) -> Floats:
        """A displacement less what else the predictor sees moving."""
        if not self.fixed:
            return path
        coefficients = forward_regression(self.population)
        return without_leak(self.fixed, path, coefficients, self.start, self.sight.scorer, self.settings.leak_steps)

    def measure(self, path: Floats) -> tuple[float, float]:
        """Movement and leak of a displacement of the examples without the attribute, see `layers.Measure`."""
        images = self.sight.images(self.start.latents + path)
        by_code = leaks(self.places, self.start.scores, self.sight.scores(images))
        leak = float(np.mean(list(by_code.values()))) if by_code else float("nan")
        return (self._median(images) - self.before) / self.way, leak

    def figures(
        self, chosen: Candidate, path: Floats, times: float, movement: float, layers: Layers
    ) -> tuple[dict[str, Any], Outcome | None]:
        """Figures of the finished displacement, and those of a translation of the table."""
        after = self.sight.scores(self.sight.images(self.start.latents + path))
        by_code = sorted(leaks(self.places, self.start.scores, after).items(), key=lambda pair: -pair[1])
        known = self.name is not None and self.nets.predictor is not None
        return {
            "score": "balanced accuracy" if self.examples.binary else "R2",
            "held_out": round(chosen.held_out, 4),
            "error": round(chosen.error, 4),
            "strength": round(times, 4),
            "movement": round(movement, 4),
            "kept_by_styles": round(layers.kept, 4),
            "leak": {code: round(value, 4) for code, value in by_code},
        }, judge(self.name, self.start.scores, after, times) if self.name and known else None

    def recipe(self, chosen: Candidate, layers: Layers) -> dict[str, Any]:
        """How the direction was found."""
        return {
            "method": chosen.kind.method,
            "source": chosen.kind.source,
            "conditioning": chosen.kind.conditioning,
            "fixed": [*self.fixed, *self.examples.conditions],
            "own": self.own,
            "styles": [layers.first, layers.last],
            "examples": len(self.examples),
            "settings": self.settings.model_dump(),
        }

    def _task(self, space: Space) -> Task:
        normals = normals_of(self.fixed, self.population, self.whitening)
        return make_task(space, self.examples, normals, self.whitening, self._seen if space == "W" else {})

    @cached_property
    def _seen(self) -> dict[Source, Seen]:
        """The examples' images as nets see them, where the examples are few."""
        result: dict[Source, Seen] = {}
        if len(self.examples) > SEEN:
            return result
        images = self.sight.images(self.examples.latents)
        white = self.whitening.white(self.population.latents)
        if self.nets.encoder:
            result["encoder"] = Seen.of(encoded(self.nets.encoder, self.whitening, images), self.encoded, white)
        if self.nets.predictor:
            scores = logarithms(self.sight.scores(images))
            result["predictor"] = Seen.of(scores, logarithms(self.population.scores), white)
        return result

    def _median(self, images: Image) -> float:
        return float(np.median(self.read(images)))

    def _reader(self) -> Reader:
        if self.nets.read is not None:
            return self.nets.read
        if self.name is not None and self.nets.predictor is not None:
            return by_predictor(self.nets.predictor, self.name)
        if self.nets.encoder is not None:
            return by_encoder(self.nets.encoder, self.whitening, *self.shown)
        raise BadInput(
            "The model set has neither an encoder nor a predictor of this name: nothing could read its strength."
        )


def _spaced(rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """At most `count` of the rows, evenly spaced."""
    return rows if len(rows) <= count else rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]


def _row(candidate: Candidate, measured: tuple[float, float] | None, chosen: bool) -> dict[str, Any]:
    movement, leak = measured or (np.nan, np.nan)
    return {
        "method": candidate.kind.method,
        "source": candidate.kind.source,
        "conditioning": candidate.kind.conditioning,
        "held_out": round(candidate.held_out, 4),
        "error": round(candidate.error, 4),
        "movement": None if np.isnan(movement) else round(movement, 4),
        "leak": None if np.isnan(leak) else round(leak, 4),
        "chosen": chosen,
    }
