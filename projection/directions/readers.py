"""How far an image shows what a direction should change: by the predictor, by the encoder and the examples, by CLIP."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.core.attributes import TranslationName, attributes, head_slices
from pipeline.core.types import Floats, Image
from projection.attributes.scoring import Predictor, agreement, flatten
from projection.directions.linear import fit, spread
from projection.directions.whitening import Whitening

Reader = Callable[[Image], Floats]
"""Images uint8 (N, H, W, 3) -> scores (N,), more for more of it."""

SURE = 1e-3
"""Probabilities are read as log-odds, this far from 0 and 1 at most: beyond, the predictor's noise counts."""


def by_predictor(predictor: Predictor, name: TranslationName) -> Reader:
    """Cursor towards the target, or log-odds of the target class."""

    def read(images: Image) -> Floats:
        values = agreement(name, flatten(predictor.predict(images)))
        if attributes()[name.code].kind == "cursor":
            return values
        p = np.clip(values, SURE, 1 - SURE)
        return np.asarray(np.log(p / (1 - p)), np.float32)

    return read


def by_encoder(encoder: Any, whitening: Whitening, without: Image, having: Image) -> Reader:
    """Distance from the boundary between encoded images (N, H, W, 3) without and with the attribute."""

    features = np.concatenate([encoded(encoder, whitening, images) for images in (without, having)])
    normal = fit("ridge", features, np.repeat(np.array([0, 1], np.float32), [len(without), len(having)]), True)
    return lambda images: np.asarray(encoded(encoder, whitening, images) @ normal, np.float32)


def encoded(encoder: Any, whitening: Whitening, images: Image) -> Floats:
    """Latents of images as the encoder sees them, whitened, mean over styles (N, k)."""
    return spread(whitening.white(encoder.encode(images)), "W")


def logarithms(scores: Floats) -> Floats:
    """Scores (N, outputs) with logarithms of the probabilities, all with standard deviations of about 1."""
    result = 2 * scores
    for place in head_slices().values():
        if place.stop - place.start > 1:
            result[:, place] = np.log(np.clip(scores[:, place], SURE, 1)) / 2
    return result
