"""Scores of nets that know nothing of a generator, brought to the scale that its population gives them.

CLIP answers in cosines and an attribute net in logits; what counts as a big nose is decided by the noses there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from pipeline.core.attributes import attributes
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats
from projection.attributes.scoring import TAIL, Generator, Scorer

SHARPNESS = 3.0
"""Spread of the scaled logits of a class: high enough that most pictures are clearly one or another."""

POPULATION = 512
"""Samples that the scales are fitted on; the rarest class still makes up twenty of them."""


class RawScorer(Protocol):
    """A net that scores attributes in units of its own."""

    name: str
    input_size: int
    shares: Mapping[str, Sequence[float]]
    """By code, which part of a population each class makes up; classes that are trusted as they are have none."""

    @property
    def codes(self) -> Sequence[str]:
        """Attributes that it can score."""

    def raw(self, images: Any) -> dict[str, Floats]:
        """uint8 (B, H, W, 3) -> by code, log probabilities (B, K) up to a constant, or a number (B,) for a cursor."""


@dataclass(frozen=True)
class Scale:
    """What turns the raw scores of one attribute by the scorer called `by` into ours: gain * raw + offset."""

    by: str
    gain: float = 1.0
    offset: tuple[float, ...] = (0.0,)

    def __call__(self, raw: Floats) -> Floats:
        """Scaled scores of the shape of `raw`, (B, K) or (B,)."""
        return np.asarray(self.gain * raw.astype(np.float64) + np.asarray(self.offset), np.float32)


@dataclass(frozen=True)
class PopulationPredictor:
    """Reads every attribute with the first of its scorers that knows it.

    scales: by code, from `fitted`. Without one, a class is a softmax of what the scorer says and a cursor has its unit.
    """

    scorers: Sequence[RawScorer]
    scales: Mapping[str, Scale] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := [code for code in attributes() if not any(code in scorer.codes for scorer in self.scorers)]:
            names = " and ".join(scorer.name for scorer in self.scorers)
            raise MissingWeights(f"{names} cannot tell {', '.join(unknown)}: a net that does is needed.")

    @property
    def input_size(self) -> int:
        """Largest size in pixels that one of the scorers looks at."""
        return max(scorer.input_size for scorer in self.scorers)

    def raw(self, images: Any) -> dict[str, tuple[RawScorer, Floats]]:
        """By code, who scores it and how, of uint8 pictures (B, H, W, 3)."""
        found: dict[str, tuple[RawScorer, Floats]] = {}
        for scorer in reversed(self.scorers):
            found |= {code: (scorer, scores) for code, scores in scorer.raw(images).items()}
        return {code: found[code] for code in attributes()}

    def predict(self, images: Any) -> dict[str, Floats]:
        """By code: probabilities (B, K) of a class attribute, value (B,) of a cursor; images uint8 (B, H, W, 3)."""
        result = {}
        for code, (scorer, raw) in self.raw(images).items():
            scale = self.scales.get(code)
            scores = scale(raw) if scale is not None and scale.by == scorer.name else raw
            result[code] = softmax(scores, axis=1) if attributes()[code].kind == "class" else scores
        return result

    def fitted(self, images: Any) -> PopulationPredictor:
        """The same with the scales of a population, of which uint8 `images` (B, H, W, 3) are samples.

        Raises BadInput for an attribute in which all of them look alike.
        """
        scales = {}
        for code, (scorer, raw) in self.raw(images).items():
            if attributes()[code].kind == "cursor":
                scales[code] = fit_cursor(scorer.name, raw, code)
            elif code in scorer.shares:
                scales[code] = fit_classes(scorer.name, raw, scorer.shares[code], code)
        return PopulationPredictor(self.scorers, scales)


def fit_population(
    predictor: PopulationPredictor,
    generator: Generator,
    seed: int,
    batch: int,
    progress: Progress = SILENT,
    count: int = POPULATION,
) -> PopulationPredictor:
    """The predictor with the scales of a generator's own population: `count` samples, the same for the same seed."""
    scorer = Scorer(generator, predictor, predictor.input_size, batch)
    latents = scorer.in_w_plus(scorer.mapped(count, seed))
    parts = []
    for start in range(0, count, batch):
        parts.append(scorer.pictures(latents[start : start + batch]))
        progress.step("looking at the population", min(start + batch, count), count)
    return predictor.fitted(np.concatenate(parts))


def fit_cursor(by: str, raw: Floats, code: str) -> Scale:
    """The scale on which the 10th and 90th percentile of `raw` (B,) are the two tails of a cursor."""
    low, high = np.quantile(raw, (0.1, 0.9))
    if high - low < 1e-9:
        raise _alike(by, code)
    gain = 2 * TAIL / (high - low)
    return Scale(by, float(gain), (float(-gain * (low + high) / 2),))


def fit_classes(by: str, raw: Floats, shares: Sequence[float], code: str) -> Scale:
    """The scale on which each class is the most probable one for its share of `raw` (B, K), mostly clearly so.

    Offsets are found by iterative proportional fitting, as priors are adapted without training a classifier again
    (Saerens et al., Neural Computation 2002, section 2), of ever sharper probabilities: what they are in the limit
    belongs to the most probable class alone.
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
    """JSON text of scales."""
    return json.dumps({code: asdict(scale) for code, scale in scales.items()})


def load_scales(text: str) -> dict[str, Scale]:
    """Scales of what `dump_scales` wrote."""
    return {
        code: Scale(row["by"], float(row["gain"]), tuple(map(float, row["offset"])))
        for code, row in json.loads(text).items()
    }


def _alike(by: str, code: str) -> BadInput:
    return BadInput(
        f"To {by}, all samples of this generator are alike in {code} ({attributes()[code].title.lower()}): "
        "leave its translations out with --names."
    )
