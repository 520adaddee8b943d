"""InterFaceGAN: normals of linear boundaries in W, and the same with other attributes projected out.

Shen, Gu, Tang, Zhou, "Interpreting the Latent Space of GANs for Semantic Face Editing", CVPR 2020.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.attributes import parse, translation_names
from pipeline.core.types import Floats
from pipeline.quality.baselines.training import Training
from projection.attributes.scoring import Samples, agreement, bystanders
from projection.directions.linear import span

SHARE = 0.1
"""Share of the samples at either end that the boundary is fitted on. The paper takes 2 % of 500,000."""


def straight(training: Training, wanted: Sequence[str]) -> dict[str, Floats]:
    """Unit normals (dim,) of the identifiers that are wanted (section 2.2)."""
    return {name: normal(name, training.known) for name in wanted}


def conditional(training: Training, wanted: Sequence[str]) -> dict[str, Floats]:
    """The same, less what lies in the span of the normals of all other attributes of the predictor (section 2.3)."""
    every = dict.fromkeys(parse(name).identifier for name in translation_names())
    normals = {name: normal(name, training.known) for name in every}
    return {name: conditioned(name, normals) for name in wanted}


def normal(identifier: str, samples: Samples) -> Floats:
    """Unit normal (dim,) of the linear SVM between the latents of the highest and of the lowest scores."""
    from sklearn.svm import SVC

    order = np.argsort(agreement(parse(identifier), samples.scores), kind="stable")
    count = max(1, round(SHARE * len(order)))
    rows = np.concatenate([order[:count], order[-count:]])
    found = SVC(kernel="linear").fit(samples.latents[rows], np.repeat([0, 1], count)).coef_[0]
    return np.asarray(found / np.linalg.norm(found), np.float32)


def conditioned(identifier: str, normals: Mapping[str, Floats]) -> Floats:
    """Unit direction (dim,): the normal of an identifier without its part in the span of the bystanders' normals."""
    codes = bystanders(parse(identifier))
    others = [vector for name, vector in normals.items() if parse(name).code in codes]
    own = normals[identifier]
    if others:
        axes = span(np.stack(others))
        own = np.asarray(own - own @ axes.T @ axes, np.float32)
    return np.asarray(own / np.linalg.norm(own), np.float32)
