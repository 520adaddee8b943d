"""SeFa and GANSpace: directions found without labels, the best one for each edit."""

from collections.abc import Sequence

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.types import Floats
from pipeline.quality.baselines.training import Training
from projection.attributes.scoring import agreement, sources
from projection.directions.unsupervised import HasNet, ganspace, modulation_weights, sefa

COUNT = 32
"""Components that are tried, each in both ways."""
PORTRAITS = 24
"""Latents that they are tried on."""


def by_sefa(training: Training, wanted: Sequence[str], generator: HasNet) -> dict[str, Floats]:
    """Best eigenvector of the modulation weights by identifier (Shen & Zhou, CVPR 2021), over all layers."""
    weights = modulation_weights(generator.net, range(generator.n_style))
    return best(training, wanted, [each.vector for each in sefa(weights, training.known.latents, COUNT)])


def by_ganspace(training: Training, wanted: Sequence[str]) -> dict[str, Floats]:
    """Best principal component of W by identifier (Härkönen et al., NeurIPS 2020), in all layers."""
    return best(training, wanted, [each.vector for each in ganspace(training.known.latents, COUNT)])


def best(training: Training, wanted: Sequence[str], vectors: Sequence[Floats]) -> dict[str, Floats]:
    """By identifier that vector (dim,), or its opposite, which brings the predictor nearest to the target.

    A person would look at strips of each and choose; here the predictor's mean agreement decides, two standard
    deviations along it.
    """
    start = training.pool[:PORTRAITS]
    signed = [sign * vector for vector in vectors for sign in (1, -1)]
    scores = [training.scorer(start.latents + training.two_deviations(each)) for each in signed]
    found = {}
    for name in wanted:
        rows = sources(parse(name), start.scores)
        rows = rows if rows.any() else np.ones(len(start), np.bool_)
        found[name] = signed[int(np.argmax([agreement(parse(name), each)[rows].mean() for each in scores]))]
    return found
