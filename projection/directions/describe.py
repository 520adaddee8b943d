"""What a direction does: a face at several strengths, the attributes that it moves, its share of each layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.attributes import head_slices
from pipeline.core.errors import MissingWeights
from pipeline.core.types import Floats, Image, Translation
from projection.attributes.population import PopulationPredictor
from projection.attributes.scoring import Generator, Predictor, Scorer, in_w_plus, render_small, sample_w
from projection.direction_file import Direction
from projection.directions.calibration import leaks

if TYPE_CHECKING:
    from projection.attributes.predictor import AttributePredictor

STRENGTHS = (-2.0, -1.0, 0.0, 1.0, 2.0)
SIDE = 96
"""Side of a face in a thumbnail, pixels."""
FACES = 8
"""Faces on which the figures are measured."""
SMALLEST = 0.01
"""Change of an attribute below which it is not listed."""


@dataclass(frozen=True, eq=False)
class Described:
    """Thumbnail, uint8 (SIDE, strengths * SIDE, 3), and figures of a direction.

    Attributes:
        figures: `leak`: mean absolute change at strength 1 by attribute, as of `calibration.Outcome`, the five
            largest; `layers`: share of each style of W+ in the direction, 0..1.
    """

    thumbnail: Image
    figures: dict[str, Any]


class Describer:
    """Measures directions on the same random faces.

    Args:
        predictor: None where the set has none that is ready: no leak is measured.
        size: Input size of the predictor in pixels.
    """

    def __init__(self, generator: Generator, predictor: Predictor | None, size: int = SIDE) -> None:
        self._generator, self._size = generator, size
        self._scorer = None if predictor is None else Scorer(generator, predictor, size, FACES)
        self.latents = in_w_plus(generator, sample_w(generator, FACES, 0))
        self._before = None if self._scorer is None else self._scorer(self.latents)

    def __call__(self, path: Floats, latent: Floats | None = None) -> Described:
        """Strip and figures of a path (K, n_style, dim); `latent` (n_style, dim) is the face of the strip."""
        share = np.linalg.norm(path[-1], axis=-1)
        figures = {
            "leak": self._leak(path[-1]),
            "layers": [round(float(value), 4) for value in share / max(share.sum(), 1e-12)],
        }
        face = self.latents[0] if latent is None else latent
        return Described(np.concatenate(list(self.strip(path, SIDE, face)), axis=1), figures)

    def _leak(self, offset: Floats) -> dict[str, float]:
        if self._scorer is None or self._before is None:
            return {}
        leak = leaks(head_slices(), self._before, self._scorer(self.latents + offset))
        worst = sorted(leak.items(), key=lambda pair: -pair[1])[:5]
        return {code: round(value, 4) for code, value in worst if value >= SMALLEST}

    def strip(self, path: Floats, side: int, latent: Floats) -> Image:
        """A face at `STRENGTHS`, uint8 (strengths, side, side, 3)."""
        move = Translation("strip", self._generator.space, path)
        moved = latent + np.stack([move.displacement(strength) for strength in STRENGTHS])
        return render_small(self._generator, moved, side)


def describer(generator: Generator, predictor: Callable[[], AttributePredictor | PopulationPredictor]) -> Describer:
    """Describer with the predictor of a model set, or without one that is missing or not fitted to the generator."""
    try:
        found = predictor()
    except MissingWeights:
        return Describer(generator, None)
    if isinstance(found, PopulationPredictor) and not found.scales:
        return Describer(generator, None)
    return Describer(generator, found, found.input_size)


def layers_moved(direction: Direction) -> tuple[int, ...]:
    """Styles of W+ that a direction moves."""
    return tuple(int(layer) for layer in np.flatnonzero(np.abs(direction.path).max(axis=(0, 2)) > 0))
