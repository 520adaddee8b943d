"""Attribute predictor whose raw scores (logits, cosines) are scaled by their distribution over generated samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol, Self

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from pipeline.core.attributes import attributes
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats
from projection.attributes.scoring import TAIL, Generator, Scorer

SHARPNESS = 3.0
"""Standard deviation of the scaled logits of a class: high enough for a clear class of most images."""

POPULATION = 512
"""Samples for the scales; the rarest class has about twenty of them."""


class RawScorer(Protocol):
    """Net with attribute scores in arbitrary units."""

    name: str
    input_size: int
    shares: Mapping[str, Sequence[float]]
    """Share of the population in each class, by code; without an entry the scores of a class are not scaled."""

    @property
    def codes(self) -> Sequence[str]:
        """Attributes with a score."""

    def raw(self, images: Any) -> dict[str, Floats]:
        """uint8 (B, H, W, 3) -> log probabilities (B, K) up to a constant, or the score (B,) of a cursor, by code."""


@dataclass(frozen=True)
class Scale:
    """Linear map of the raw scores of one attribute by the scorer named `by`: gain * raw + offset."""

    by: str
    gain: float = 1.0
    offset: tuple[float, ...] = (0.0,)

    def __call__(self, raw: Floats) -> Floats:
        """Scaled scores of the shape of `raw`, (B, K) or (B,)."""
        return np.asarray(self.gain * raw.astype(np.float64) + np.asarray(self.offset), np.float32)


@dataclass(frozen=True)
class PopulationPredictor:
    """Predicts each attribute with the first scorer that has it.

    Attributes:
        scorers: In order of preference.
        scales: Scales by code, from `fitted`; raw scores of other codes stay unscaled.

    Raises:
        MissingWeights: An attribute without a scorer.
    """

    scorers: Sequence[RawScorer]
    scales: Mapping[str, Scale] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := [code for code in attributes() if not any(code in scorer.codes for scorer in self.scorers)]:
            names = " and ".join(scorer.name for scorer in self.scorers)
            raise MissingWeights(f"{names} cannot tell {', '.join(unknown)}: add a predictor of these attributes.")

    @property
    def input_size(self) -> int:
        """Largest input size of the scorers in pixels."""
        return max(scorer.input_size for scorer in self.scorers)

    def raw(self, images: Any) -> dict[str, tuple[RawScorer, Floats]]:
        """Scorer and raw scores of uint8 images (B, H, W, 3), by code."""
        found: dict[str, tuple[RawScorer, Floats]] = {}
        for scorer in reversed(self.scorers):
            found |= {code: (scorer, scores) for code, scores in scorer.raw(images).items()}
        return {code: found[code] for code in attributes()}

    def predict(self, images: Any) -> dict[str, Floats]:
        """Probabilities (B, K) of a class attribute, value (B,) of a cursor, by code; images uint8 (B, H, W, 3)."""
        result = {}
        for code, (scorer, raw) in self.raw(images).items():
            scale = self.scales.get(code)
            scores = scale(raw) if scale is not None and scale.by == scorer.name else raw
            result[code] = softmax(scores, axis=1) if attributes()[code].kind == "class" else scores
        return result

    def fitted(self, images: Any) -> Self:
        """Copy with the scales of a population of uint8 images (B, H, W, 3).

        Raises:
            BadInput: An attribute in which all images are alike.
        """
        scales = {}
        for code, (scorer, raw) in self.raw(images).items():
            if attributes()[code].kind == "cursor":
                scales[code] = fit_cursor(scorer.name, raw, code)
            elif code in scorer.shares:
                scales[code] = fit_classes(scorer.name, raw, scorer.shares[code], code)
        return replace(self, scales=scales)


def fit_population(
    predictor: PopulationPredictor,
    generator: Generator,
    seed: int,
    batch: int,
    progress: Progress = SILENT,
    count: int = POPULATION,
) -> PopulationPredictor:
    """Predictor with the scales of `count` generated samples, determined by `seed`; raises BadInput as `fitted`."""
    scorer = Scorer(generator, predictor, predictor.input_size, batch)
    latents = scorer.in_w_plus(scorer.mapped(count, seed))
    parts = []
    for start in range(0, count, batch):
        parts.append(scorer.images(latents[start : start + batch]))
        progress.step("rendering the population", min(start + batch, count), count)
    return predictor.fitted(np.concatenate(parts))


def fit_cursor(by: str, raw: Floats, code: str) -> Scale:
    """Scale with the 10th and 90th percentile of `raw` (B,) at -TAIL and TAIL; raises BadInput for equal scores."""
    low, high = np.quantile(raw, (0.1, 0.9))
    if high - low < 1e-9:
        raise _alike(by, code)
    gain = 2 * TAIL / (high - low)
    return Scale(by, float(gain), (float(-gain * (low + high) / 2),))


def fit_classes(by: str, raw: Floats, shares: Sequence[float], code: str) -> Scale:
    """Scale with which each class is the most probable one for its share of `raw` (B, K).

    Offsets come from iterative proportional fitting, the adaptation of a classifier to new priors (Saerens et al.,
    Neural Computation 2002, section 2), with increasing sharpness: in the limit it counts the most probable classes.

    Raises:
        BadInput: Equal scores.
    """
    centred = raw - raw.mean(axis=1, keepdims=True)
    spread = (centred - centred.mean(axis=0)).std()
    if spread < 1e-9:
        raise _alike(by, code)
    logits = (centred / spread).astype(np.float64)
    wanted = np.log(np.asarray(shares) / np.sum(shares))
    offset = -logits.mean(axis=0)
    for sharpness in SHARPNESS * np.array([1, 2, 4, 8, 16]):
        for _ in range(100):
            reached = logsumexp(log_softmax(sharpness * (logits + offset), axis=1), axis=0) - np.log(len(logits))
            offset += (wanted - reached) / sharpness
            if np.abs(wanted - reached).max() < 0.01:
                break
    offset -= offset.mean()
    return Scale(by, float(SHARPNESS / spread), tuple(map(float, SHARPNESS * offset)))


def dump_scales(scales: Mapping[str, Scale]) -> str:
    """Scales as JSON."""
    return json.dumps({code: asdict(scale) for code, scale in scales.items()})


def load_scales(text: str) -> dict[str, Scale]:
    """Scales from the JSON of `dump_scales`."""
    return {code: Scale(row["by"], row["gain"], tuple(row["offset"])) for code, row in json.loads(text).items()}


def _alike(by: str, code: str) -> BadInput:
    return BadInput(
        f"To {by}, all samples of this generator are alike in {code} ({attributes()[code].title.lower()}): "
        "omit its translations with --names."
    )
