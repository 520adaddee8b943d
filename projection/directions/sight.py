"""Renders latents and reads the images: scores of the predictor, features of the encoder."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image
from projection.attributes.scoring import Generator, Predictor, Samples, Scorer, flatten
from projection.directions.readers import encoded
from projection.directions.whitening import Whitening


class Sight:
    """Images of latents as the nets see them.

    Args:
        predictor: None: the scores have no columns.
        size: Size to render at, in pixels.
        batch: Images rendered at once.
    """

    def __init__(self, generator: Generator, predictor: Predictor | None, size: int, batch: int) -> None:
        self.predictor = predictor
        self.scorer = Scorer(generator, predictor or _Blind(), size, batch)

    def images(self, latents: Floats) -> Image:
        """Images uint8 (N, size, size, 3) of latents (N, dim) or (N, n_style, dim)."""
        return np.concatenate(list(self.batches(latents)))

    def batches(self, latents: Floats, progress: Progress = SILENT) -> Iterator[Image]:
        """The same in batches."""
        return self.scorer.batches(latents, progress)

    def scores(self, images: Image) -> Floats:
        """Scores (N, outputs); (N, 0) without a predictor."""
        if not self.predictor:
            return np.zeros((len(images), 0), np.float32)
        return flatten(self.predictor.predict(images))

    def population(
        self, latents: Floats, encoder: Any, whitening: Whitening, progress: Progress = SILENT
    ) -> tuple[Samples, Floats]:
        """Latents of W (M, dim) with their scores, and their encoded images (M, k); (M, 0) without an encoder."""
        scores, features = [], []
        for images in self.batches(latents, progress):
            scores.append(self.scores(images))
            features.append(encoded(encoder, whitening, images) if encoder else np.zeros((len(images), 0), np.float32))
        return Samples(latents, np.concatenate(scores)), np.concatenate(features)


class _Blind:
    """Predictor of no attribute."""

    def predict(self, images: Any) -> dict[str, Any]:
        """Nothing."""
        return {}
