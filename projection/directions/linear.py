"""Linear models of whitened features, of the latents themselves or of their images.

Few examples in hundreds of dimensions give a direction that is mostly noise. Images help: seen by a net that has
learned what varies in faces, the same examples are told apart in fewer dimensions. The model of the images then scores
samples of W, and the normal is fitted on those.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.core.types import Floats

Method = Literal["svm", "logistic", "ridge", "least squares"]
Space = Literal["W", "W+"]
Source = Literal["W", "W+", "encoder", "predictor"]
"""What the model looks at: latents of the examples, or their images as the encoder or the predictor sees them."""
METHODS: tuple[Method, ...] = ("svm", "logistic", "ridge", "least squares")
RIDGE = np.logspace(0, 5, 11)
"""Penalties of which leave-one-out picks one."""


def fit(method: Method, features: Floats, target: Floats, binary: bool) -> Floats:
    """Normal (d,) of a linear model of scores (N,).

    Whitened features have a mean square length of d: penalties of 1/d regularise hard with few examples and vanish with
    many. Fewer examples than features are rotated into their own span first, which changes none of these models.
    """
    from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeCV
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC, LinearSVR
    from sklearn.utils.class_weight import compute_sample_weight

    centred = features - features.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2] if len(features) < features.shape[1] else None
    inputs = centred if axes is None else centred @ axes.T
    values = (target > target.min()) if binary else StandardScaler().fit_transform(target[:, None])[:, 0]
    weight = compute_sample_weight("balanced", values) if binary else None
    penalty = 1 / features.shape[1]
    models: dict[Method, Any] = {
        "svm": LinearSVC(C=penalty, max_iter=20_000) if binary else LinearSVR(C=penalty, max_iter=20_000),
        "logistic": LogisticRegression(C=penalty, max_iter=2000),
        "ridge": RidgeCV(RIDGE),
        "least squares": LinearRegression(),
    }
    numbers = values if not binary or method in ("svm", "logistic") else 2.0 * values - 1
    normal = np.ravel(models[method].fit(inputs, numbers, sample_weight=weight).coef_)
    return np.asarray(normal if axes is None else normal @ axes, np.float32)


def spread(white: Floats, space: Space) -> Floats:
    """Features of whitened latents (N, n_style, k)."""
    if space == "W":
        return np.asarray(white.mean(1), np.float32)
    return np.asarray(white.reshape(len(white), -1) / np.sqrt(white.shape[1]), np.float32)


def span(rows: Floats) -> Floats:
    """Orthonormal rows of the span of rows (r, d); the probabilities of a class give one fewer than they are."""
    if not len(rows):
        return rows
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    values, axes = np.linalg.svd(rows / np.maximum(lengths, 1e-12), full_matrices=False)[1:]
    return np.asarray(axes[values > 1e-3 * values[0]], np.float32)


@dataclass(frozen=True)
class Seen:
    """Images as a net sees them.

    Attributes:
        examples: (N, f), of mean 0 and mean square length f over the samples.
        samples: (M, f), of samples of W.
        back: Matrix (k, M) from scores of the samples to the normal of their ridge regression on whitened latents.
    """

    examples: Floats
    samples: Floats
    back: Floats

    @classmethod
    def of(cls, examples: Floats, samples: Floats, white: Floats) -> "Seen":
        """From features that are not normalised yet and the samples' whitened latents (M, k)."""
        mean = samples.mean(0)
        length = np.sqrt(((samples - mean) ** 2).mean())
        gram = white.T @ white + white.shape[1] * np.eye(white.shape[1], dtype=np.float32)
        return cls((examples - mean) / length, (samples - mean) / length, np.linalg.solve(gram, white.T))

    def normal(self, method: "Method", target: Floats, binary: bool, rows: Any) -> Floats:
        """Normal (k,) of whitened W for the model of some rows of the examples."""
        scores = self.samples @ fit(method, self.examples[rows], target[rows], binary)
        return np.asarray(self.back @ (scores - scores.mean()), np.float32)
