"""Directions found without labels: SeFa (eigenvectors of modulation weights), GANSpace (principal components of W)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.errors import BadInput
from pipeline.core.types import Floats
from projection.attributes.scoring import Generator, sample_w

if TYPE_CHECKING:
    from projection.nets.generator import Generator as Net


class HasNet(Generator, Protocol):
    """A generator whose weights can be read."""

    @property
    def net(self) -> Net: ...


class DiscoverySettings(BaseModel):
    """Method, layers and size of a search for directions without labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["sefa", "ganspace"] = Field(description="sefa or ganspace.")
    layers: tuple[int, ...] = Field((), description="Styles of W+ that the directions move, from 0; empty for all.")
    count: int = Field(10, ge=1, le=512, description="Number of directions.")
    n_samples: int = Field(20_000, ge=2, description="Latents of W: principal components and deviations.")
    seed: int = Field(0, ge=0, description="Seed of the samples.")


@dataclass(frozen=True, eq=False)
class Component:
    """One direction of a search.

    Attributes:
        vector: Of length 1, float32 (dim,); its largest entry is positive.
        deviation: Standard deviation of W along it.
        share: Its share of what the method decomposes: variance of W, or energy of the modulation weights.
    """

    vector: Floats
    deviation: float
    share: float

    def path(self, layers: Sequence[int], n_style: int) -> Floats:
        """Offset (1, n_style, dim) of one standard deviation in the chosen layers."""
        found = np.zeros((1, n_style, len(self.vector)), np.float32)
        found[:, list(layers)] = np.float32(self.deviation) * self.vector
        return found


def discover(generator: HasNet, settings: DiscoverySettings) -> list[Component]:
    """Components of a generator, most important first.

    Raises:
        BadInput: An unknown layer, more components than dimensions, or fewer samples than components.
    """
    layers = chosen_layers(settings.layers, generator.n_style)
    most = min(generator.dim, settings.n_samples - 1)
    if settings.count > most:
        raise BadInput(f"There are at most {most} directions, not {settings.count}: lower --count.")
    latents = sample_w(generator, settings.n_samples, settings.seed)
    if settings.method == "ganspace":
        return ganspace(latents, settings.count)
    return sefa(modulation_weights(generator.net, layers), latents, settings.count)


def sefa(weights: Sequence[Floats], latents: Floats, count: int) -> list[Component]:
    """Closed-form factorisation (Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs", CVPR 2021).

    With all modulation weights stacked to A, the eigenvectors of A^T A of the largest eigenvalues move the styles
    most for a step of length 1 (equations 4 and 5). As in the published code, each row of A has length 1.

    Args:
        weights: Modulation weights (channels, dim) of the chosen layers.
        latents: Samples of W (N, dim), for the deviations.
        count: Number of components.
    """
    stacked = np.concatenate(weights).astype(np.float64)
    stacked /= np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12)
    values, vectors = np.linalg.eigh(stacked.T @ stacked)  # ascending
    total = values.sum()
    order = range(len(values) - 1, len(values) - 1 - count, -1)
    return [_component(vectors[:, index], latents, values[index] / total) for index in order]


def ganspace(latents: Floats, count: int) -> list[Component]:
    """Principal components of W (Härkönen et al., "GANSpace: Discovering Interpretable GAN Controls", NeurIPS 2020).

    Section 3.1: for StyleGAN the components of samples of W; an edit adds one to the styles of chosen layers.
    """
    from sklearn.decomposition import PCA

    found = PCA(count, svd_solver="covariance_eigh").fit(latents.astype(np.float64))
    return [
        _component(vector, latents, share)
        for vector, share in zip(found.components_, found.explained_variance_ratio_, strict=True)
    ]


def modulation_weights(net: Net, layers: Sequence[int]) -> list[Floats]:
    """Modulation weights (channels, dim), with their scale, of the convolution that each style of W+ moves.

    Style 0 enters the first convolution, style i the i-th after it, the last style the last colour layer.
    """
    blocks: list[Any] = [net.conv1, *net.convs, net.to_rgbs[-1]]
    found = (blocks[layer].conv.modulation for layer in layers)
    return [(each.weight.detach() * each.scale).cpu().numpy() for each in found]


def chosen_layers(layers: Sequence[int], n_style: int) -> tuple[int, ...]:
    """Layers in order, all for none; raises BadInput for an unknown one."""
    for layer in layers:
        if not 0 <= layer < n_style:
            raise BadInput(f"The generator has no layer {layer}: its layers are 0 to {n_style - 1}.")
    return tuple(sorted(set(layers))) or tuple(range(n_style))


def read_layers(text: str) -> tuple[int, ...]:
    """Layers of a text such as "0-5" or "0-3,8"; raises BadInput for another form."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 8:
            raise BadInput(f"The layers {text!r} cannot be read: write them as 0-5 or 0-3,8.")
        stop = int(last or first)
        if stop < int(first):
            raise BadInput(f"The layers {part.strip()} run backwards: write {stop}-{first}.")
        found += range(int(first), min(stop, 999) + 1)
    return tuple(found)


def layers_text(layers: Sequence[int]) -> str:
    """Inverse of `read_layers`: "0-3,8"."""
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _component(vector: np.ndarray, latents: Floats, share: float) -> Component:
    sign = np.sign(vector[np.argmax(np.abs(vector))])  # the sign of an eigenvector is arbitrary
    fixed = np.asarray(sign * vector / np.linalg.norm(vector), np.float32)
    return Component(fixed, float((latents @ fixed).std()), float(share))
