"""Audit of translations: what each does to portraits, next to a fit on fresh samples, and what is wrong with it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from pipeline.core.attributes import TranslationName, attributes, parse
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image, Translation
from projection.attributes.scoring import Samples, Scorer, agreement, flatten
from projection.directions.calibration import choose, judge
from projection.directions.extract import fit

Embed = Callable[[Sequence[Image]], Floats]
"""Identity embeddings (B, D) of length 1."""

ENOUGH_PORTRAITS = 4
"""Portraits below which figures say nothing."""
HARDLY = 0.1
"""Gain below which a translation does nothing, where the fit does more."""
WEAK = 0.72
"""Share of the fit's gain below which a translation is too weak: half of the strength has about half of the gain."""
FEWER = 0.12
"""Difference in success to the fit that is too weak as well: half of the strength is enough for many portraits."""
STRAY, STRAY_MORE = 1.5, 0.03
"""A leak is too large above `STRAY` times that of the fit and `STRAY_MORE`."""
MOVES_ANOTHER = 0.3
"""Change of one other attribute beyond that of the fit which makes a translation a mixture."""
UNALIGNED = 0.25
"""Cosine to the fit below which a translation is another direction."""
PART_OF_LAYERS = 0.5
"""Share of the mean length below which a layer does not move; the fits move all layers alike."""


@dataclass(frozen=True)
class Figures:
    """What one displacement does to portraits.

    Attributes:
        portraits: Number of portraits at its source.
        success: Share that ends in the target class, or beyond the population's tail.
        gain: Mean change towards the target: of its probability, or of the cursor.
        leak: Mean absolute change of the other attributes, by code.
        identity: Mean distance of identity, 0 = the same person; NaN without an identity net.
        realism: Mean Mahalanobis distance of the edited latent from W, of its worst layer, in that of the portrait.
    """

    portraits: int
    success: float
    gain: float
    leak: Mapping[str, float]
    identity: float
    realism: float

    @property
    def mean_leak(self) -> float:
        """Mean of the leak over the codes."""
        return float(np.mean(list(self.leak.values()))) if self.leak else 0.0

    def as_dict(self) -> dict[str, object]:
        """For JSON: rounded, NaN as None."""
        numbers = {
            key: None if math.isnan(value) else round(value, 4) for key, value in asdict(self).items() if key != "leak"
        }
        leak = {code: round(value, 4) for code, value in self.leak.items()}
        return numbers | {"mean_leak": round(self.mean_leak, 4), "leak": leak}


@dataclass(frozen=True)
class Audited:
    """One translation.

    Attributes:
        figures: Its own.
        fitted: Those of a fit on fresh samples, for the same portraits; None where the samples lack the class.
        alignment: Cosine of the displacement, averaged over the layers, to that fit; NaN without one.
        moving: Share of the layers that it moves.
        flags: What is wrong with it, in words.
        pictures: Before, after and value of the worst portraits, worst first.
    """

    name: str
    figures: Figures
    fitted: Figures | None
    alignment: float
    moving: float
    flags: tuple[str, ...]
    pictures: tuple[tuple[Image, Image, float], ...] = field(default=(), repr=False)


class W:
    """Statistics of W: its mean, and the inverse of its covariance, shrunk (Ledoit and Wolf, 2004)."""

    def __init__(self, latents: Floats) -> None:
        from sklearn.covariance import LedoitWolf

        model = LedoitWolf().fit(latents)
        self.mean = np.asarray(model.location_, np.float32)
        self._precision = np.asarray(model.precision_, np.float32)

    def distance(self, latents: Floats) -> Floats:
        """Mahalanobis distance (N,) of the farthest layer of latents (N, n_style, dim)."""
        away = latents - self.mean
        squares = np.einsum("nld,de,nle->nl", away, self._precision, away)
        return np.asarray(np.sqrt(np.maximum(squares, 0)).max(1), np.float32)


@dataclass(frozen=True)
class Auditor:
    """Measures displacements on samples of a pool.

    Attributes:
        scorer: With the net that judges.
        pool: Fresh samples of W with the scores of that net, (N, dim).
        portraits: Of each translation.
        embed: Identity net, or None.
    """

    scorer: Scorer
    pool: Samples
    portraits: int
    embed: Embed | None = None

    def audit(self, translations: Mapping[str, Translation], progress: Progress = SILENT) -> list[Audited]:
        """Audit each translation, in the order given."""
        w, found = W(self.pool.latents), []
        for number, (name, translation) in enumerate(translations.items()):
            found.append(self._audited(name, translation.displacement(), w))
            progress.step(f"auditing {name}", number + 1, len(translations))
        return found

    def _audited(self, name: str, displacement: Floats, w: W) -> Audited:
        parsed = parse(name)
        start = self.start(parsed)
        reference = self.fitted(parsed)
        lengths = np.linalg.norm(displacement, axis=1)
        moving = float((lengths > PART_OF_LAYERS * max(lengths.mean(), 1e-9)).mean())
        if len(start) == 0:
            nothing = Figures(0, *(float("nan"),) * 2, {}, *(float("nan"),) * 2)
            return Audited(name, nothing, None, float("nan"), moving, ())
        before = self._images(start.latents)
        figures, pictures = self.measure(parsed, displacement, start, before, w)
        fitted, alignment = None, float("nan")
        if reference is not None:
            fitted, _ = self.measure(parsed, np.broadcast_to(reference, displacement.shape), start, before, w)
            alignment = cosine(displacement.mean(0), reference)
        return Audited(name, figures, fitted, alignment, moving, flags(figures, fitted, alignment, moving), pictures)

    def start(self, name: TranslationName) -> Samples:
        """Portraits at the source of a translation, in W+."""
        return choose(name, [Samples(self.scorer.in_w_plus(self.pool.latents), self.pool.scores)], self.portraits)

    def fitted(self, name: TranslationName) -> Floats | None:
        """Displacement (dim,) fitted on the pool; None where it lacks the class."""
        try:
            return fit(name, self.pool)
        except BadInput:
            return None

    def measure(
        self, name: TranslationName, displacement: Floats, start: Samples, before: Image, w: W
    ) -> tuple[Figures, tuple[tuple[Image, Image, float], ...]]:
        """Figures of a displacement (n_style, dim) of portraits with pictures `before` (N, H, W, 3).

        Returns:
            Figures; before, after and agreement of each portrait, worst first.
        """
        moved = start.latents + displacement
        after = self._images(moved)
        scores = flatten(self.scorer.predictor.predict(after))
        outcome = judge(name, start.scores, scores, 1.0)
        reached = agreement(name, scores)
        identity = float("nan")
        if self.embed is not None:
            identity = float((1 - np.einsum("nd,nd->n", self.embed(list(before)), self.embed(list(after)))).mean())
        figures = Figures(
            len(start),
            outcome.success,
            float((reached - agreement(name, start.scores)).mean()),
            outcome.leak,
            identity,
            float((w.distance(moved) / np.maximum(w.distance(start.latents), 1e-6)).mean()),
        )
        return figures, tuple((before[i], after[i], float(reached[i])) for i in np.argsort(reached))

    def _images(self, latents: Floats) -> Image:
        return np.concatenate(list(self.scorer.batches(latents)))


def flags(figures: Figures, fitted: Figures | None, alignment: float, moving: float) -> tuple[str, ...]:
    """What is wrong with a translation, by its figures and those of a fit on the same portraits."""
    if figures.portraits < ENOUGH_PORTRAITS:
        return ()
    return tuple(_flags(figures, fitted, alignment, moving))


def _flags(figures: Figures, fitted: Figures | None, alignment: float, moving: float) -> Iterator[str]:
    if moving < 1:
        yield f"moves {moving:.0%} of the layers"
    if figures.gain < 0 and not alignment > -UNALIGNED:
        yield "moves away from its target: wrong sign"
    elif figures.gain < HARDLY and (fitted is None or fitted.gain > HARDLY):
        yield "hardly moves towards its target"
    if fitted is None:
        return
    fewer = fitted.success - figures.success
    if HARDLY <= figures.gain < WEAK * fitted.gain and fewer > 0:
        yield f"too weak: {figures.gain / fitted.gain:.0%} of what a fit gains"
    elif HARDLY <= figures.gain < fitted.gain and fewer > max(FEWER, 1.5 / figures.portraits):
        yield f"too weak: {figures.success:.0%} reach the target, {fitted.success:.0%} with a fit"
    if alignment < UNALIGNED and figures.gain < WEAK * fitted.gain:
        yield f"another direction than the population's: cosine {alignment:.2f}"
    farther = max(1.0, figures.gain / fitted.gain) if fitted.gain > 0 else 1.0  # who goes farther may move more
    more = {code: leak - farther * fitted.leak.get(code, 0.0) for code, leak in figures.leak.items()}
    code = max(more, key=lambda each: more[each], default="")
    if code and more[code] > MOVES_ANOTHER:
        yield f"moves {attributes()[code].title.lower()} too, by {figures.leak[code]:.2f}: mixed with another"
    elif figures.mean_leak > STRAY * farther * fitted.mean_leak + STRAY_MORE:
        yield f"moves other attributes by {figures.mean_leak:.2f}, a fit by {fitted.mean_leak:.2f}"


def cosine(first: Floats, second: Floats) -> float:
    """Cosine of two vectors; 0 where one has no length."""
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length > 0 else 0.0
