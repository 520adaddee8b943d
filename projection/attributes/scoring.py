"""Latents with predicted attribute scores: the data on which directions are fitted and calibrated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.core.attributes import TranslationName, attributes, head_slices, parse
from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image

Mask = NDArray[np.bool_]
TAIL = 0.58
"""Absolute value of a cursor at the population's 10th and 90th percentile."""


class Generator(Protocol):
    """Generator of the samples."""

    space: str
    n_style: int
    dim: int
    elastic: bool
    resolution: int

    def map(self, z: Any) -> Any:
        """Standard normal tensor (B, dim) -> latents in W, tensor (B, dim)."""

    def render(self, latents: Any, *, size: int | None = None, resolution: int | None = None) -> Image:
        """Latents (B, n_style, dim) -> uint8 (B, size, size, 3)."""


class Predictor(Protocol):
    """Attribute predictor."""

    def predict(self, images: Any) -> dict[str, NDArray[Any]]:
        """Images uint8 (B, H, W, 3) -> probabilities (B, K) of a class or values (B,) of a cursor, by code."""


@dataclass(frozen=True)
class Samples:
    """Latents (N, dim) in W or (N, n_style, dim) in W+ with scores (N, outputs), laid out as `head_slices`."""

    latents: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.latents)

    def __getitem__(self, rows: Any) -> "Samples":
        return Samples(self.latents[rows], self.scores[rows])


class Scorer:
    """Renders latents in batches at the predictor's `size` in pixels and scores the images."""

    def __init__(self, generator: Generator, predictor: Predictor, size: int, batch: int) -> None:
        self.generator, self.predictor, self.size, self.batch = generator, predictor, size, batch

    def __call__(self, latents: Floats, progress: Progress = SILENT) -> Floats:
        """Scores (N, outputs) of latents (N, dim) or (N, n_style, dim); raises BadInput for another shape."""
        images = self.batches(latents, progress, "scoring samples")
        return np.concatenate([flatten(self.predictor.predict(batch)) for batch in images])

    def batches(self, latents: Floats, progress: Progress = SILENT, text: str = "rendering samples") -> Iterator[Image]:
        """Images uint8 (B, size, size, 3) of latents (N, dim) or (N, n_style, dim), `batch` at once."""
        latents = self.in_w_plus(latents)
        for start in range(0, len(latents), self.batch):
            yield self.images(latents[start : start + self.batch])
            progress.step(text, min(start + self.batch, len(latents)), len(latents))

    def images(self, latents: Floats) -> Image:
        """Images uint8 (B, size, size, 3) of latents (B, n_style, dim), see `render_small`."""
        return render_small(self.generator, latents, self.size)

    def in_w_plus(self, latents: Floats) -> Floats:
        """Latents as (N, n_style, dim), see the function `in_w_plus`."""
        return in_w_plus(self.generator, latents)

    def sample(self, n: int, seed: int, progress: Progress = SILENT) -> Samples:
        """n latents of W, as `mapped`, with their scores."""
        latents = self.mapped(n, seed)
        return Samples(latents, self(latents, progress))

    def mapped(self, n: int, seed: int) -> Floats:
        """Latents (n, dim) of W from the mapping network, determined by `seed`."""
        return sample_w(self.generator, n, seed)


def sample_w(generator: Generator, n: int, seed: int) -> Floats:
    """Latents (n, dim) of W from the mapping network, determined by `seed`."""
    import torch

    z = torch.randn(n, generator.dim, generator=torch.Generator().manual_seed(seed))
    return np.asarray(generator.map(z).detach().cpu(), np.float32)


def in_w_plus(generator: Generator, latents: Floats) -> Floats:
    """Latents as (N, n_style, dim), those of W repeated for each style; raises BadInput for another shape."""
    if latents.ndim == 2:
        latents = np.repeat(latents[:, None], generator.n_style, axis=1)
    expected = (generator.n_style, generator.dim)
    if latents.shape[1:] != expected:
        raise BadInput(f"Latents of shape {latents.shape[1:]} do not fit the generator, which needs {expected}.")
    return latents


def render_small(generator: Generator, latents: Floats, size: int) -> Image:
    """Images uint8 (B, size, size, 3) of latents (B, n_style, dim), rendered at the least sufficient resolution."""
    level = min(1 << (size - 1).bit_length(), generator.resolution) if generator.elastic else None
    return generator.render(latents, size=size, resolution=level)


def flatten(predicted: Mapping[str, NDArray[Any]]) -> Floats:
    """Predictions of all codes as one array (B, outputs)."""
    slices = head_slices()
    first = predicted[next(iter(slices))]
    result = np.zeros((len(first), next(reversed(slices.values())).stop), np.float32)
    for code, place in slices.items():
        result[:, place] = np.reshape(predicted[code], (len(first), -1))
    return result


def require_predicted(name: TranslationName) -> None:
    """Raise BadInput for a direction of the user's own, which no predictor reads."""
    if name.code not in attributes():
        raise BadInput(f"{name} is a direction of your own, which no predictor reads: it cannot be calibrated.")


def holds(identifier: str, scores: Floats) -> Mask:
    """Rows (N,) whose most probable class is that of an identifier such as "Hc_4", or in that tail of a cursor."""
    name = parse(identifier)
    place = head_slices()[name.code]
    if attributes()[name.code].kind == "cursor":
        return np.asarray(_signed(name, scores) > TAIL)
    return np.asarray(scores[:, place].argmax(1) == int(name.value))


def sources(name: TranslationName, scores: Floats, alike: bool = False) -> Mask:
    """Rows (N,) at the source of a translation, not yet at its target, whose attribute is visible.

    Args:
        name: Translation.
        scores: (N, outputs).
        alike: Include sources that change by the same parameters. Greying keeps the natural colour: a fit on black hair
            alone would also change black to the average natural colour of grey hair.
    """
    attribute = attributes()[name.code]
    rows = ~holds(name.identifier, scores)
    meaning = attribute.sources.get(name.source or "")
    if meaning is not None:
        return holds(meaning.means, scores)
    if name.source is not None:
        origins = _alike(name) if alike else (name.source,)
        rows &= np.logical_or.reduce([holds(f"{name.code}_{origin}", scores) for origin in origins])
    for hiding in attribute.hidden_by:
        rows &= ~holds(hiding, scores)
    return rows


def targets(name: TranslationName, scores: Floats) -> Mask:
    """Rows (N,) at the target of a translation, whose attribute is visible."""
    rows = holds(name.identifier, scores)
    for hiding in attributes()[name.code].hidden_by:
        rows &= ~holds(hiding, scores)
    return rows


def agreement(name: TranslationName, scores: Floats) -> Floats:
    """Agreement (N,) of the predictor: probability of the target class, or the cursor towards the target."""
    if attributes()[name.code].kind == "cursor":
        return _signed(name, scores)
    result = scores[:, head_slices()[name.code].start + int(name.value)]
    meaning = attributes()[name.code].sources.get(name.source or "")
    if meaning is not None:  # a new hair style of a bald person requires hair
        left = parse(meaning.means)
        result = result * (1 - scores[:, head_slices()[left.code].start + int(left.value)])
    return result


def bystanders(name: TranslationName) -> dict[str, slice]:
    """Outputs, by code, of the attributes that a translation should not change and that stay visible."""
    meaning = attributes()[name.code].sources.get(name.source or "")
    involved = {name.code, parse(meaning.means).code} if meaning else {name.code}
    ends = {name.identifier, f"{name.code}_{name.source}", meaning.means if meaning else ""}
    return {
        code: place
        for code, place in head_slices().items()
        if code not in involved and not ends & set(attributes()[code].hidden_by)
    }


def changes(places: Mapping[str, slice], before: Floats, after: Floats) -> dict[str, Floats]:
    """Absolute change (N,) by code between scores (N, outputs): of a cursor, or half the sum over a class.

    Args:
        places: Outputs by code.
    """
    change = np.abs(after - before)
    return {
        code: change[:, place].sum(1) / (2 if place.stop - place.start > 1 else 1) for code, place in places.items()
    }


def _alike(name: TranslationName) -> list[str]:
    values = attributes()[name.code].values
    changed = values[name.value].parameters

    def before(value: str) -> dict[str, float | None]:
        return {parameter: values[value].parameters.get(parameter) for parameter in changed}

    return [value for value in values if value != name.value and before(value) == before(str(name.source))]


def _signed(name: TranslationName, scores: Floats) -> Floats:
    values = scores[:, head_slices()[name.code].start]
    return values if name.value == "max" else -values
