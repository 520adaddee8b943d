"""Analytic weights of the generator's mapping network: random z become latents of the population of people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.core.errors import BadInput
from projection.nets.fused import SLOPE
from projection.nets.generator import Generator
from projection.nets.layers import GAIN, EqualLinear

Numbers = npt.NDArray[np.floating]
LIFT = 5.0
"""Offset that keeps all inputs of a leaky rectifier in its linear part."""
MOST, STEEP = 0.5, 0.04
"""Share of values at the ends from which on an axis is bent, and width of the steepest climb between them."""
ROUNDS, DRAWS, LEAST = 12, 16_384, 1e-3
"""Rounds and random draws of the search for correlations, and the least eigenvalue that it leaves."""


@dataclass(frozen=True)
class Law:
    """An axis of mean 0 and deviation 1 as a function of a normal number.

    Attributes:
        knots: The function is straight between them and flat outside; without knots it is the number itself.
        heights: Values at the knots.
    """

    knots: Numbers
    heights: Numbers

    def __call__(self, numbers: Numbers) -> Numbers:
        """Values of normal numbers, of any shape."""
        return np.interp(numbers, self.knots, self.heights).astype(np.float32) if len(self.knots) else numbers


STRAIGHT = Law(np.empty(0, np.float32), np.empty(0, np.float32))


@torch.no_grad()
def set_mapping(net: Generator, population: Numbers) -> None:
    """Set the mapping network so that random z give latents as of a population.

    The first layer correlates normal numbers (a Gaussian copula), the second bends each of them into the `Law` of an
    axis, so that all axes have the means, deviations and correlations of the population. The third undoes its own
    rectifier.

    Args:
        net: Generator, whose mapping network alone is changed.
        population: Latents w (N, dim); each axis has mean 0 and deviation 1, but for the last ones, which are all 0.

    Raises:
        ValueError: The net has not three layers.
        BadInput: It has fewer units than the laws of these people need; more people need fewer.
    """
    layers = [layer for layer in net.style if isinstance(layer, EqualLinear)]
    count = int(np.flatnonzero(population.any(0))[-1]) + 1
    population = population[:, :count]
    laws = [_law(column) for column in population.T]
    units, dim = sum(max(len(law.knots), 1) for law in laws), net.style_dim
    if len(layers) != 3:
        raise ValueError(f"The mapping network has {len(layers)} layers instead of 3.")
    if units > dim:
        raise BadInput(
            f"Random latents of so few people need {units} units of the mapping network, which has {dim}: "
            "train on more --portraits."
        )
    first, second, third = (torch.zeros(dim, dim) for _ in range(3))
    lift, offsets, rests = torch.zeros(dim), torch.zeros(dim), torch.zeros(dim)
    first[:count, :count] = torch.from_numpy(_factor(population, laws))
    lift[:count] = LIFT
    unit = 0
    for i, law in enumerate(laws):
        if law is STRAIGHT:  # a falling rectifier undoes the last one, which climbs
            second[unit, i], offsets[unit], third[i, unit] = -1, LIFT, -1 / (SLOPE * GAIN * GAIN)
            unit += 1
            continue
        rests[i] = float(_unrectified(law.heights)[0])
        # Both layers take a part of the climb, which one alone could not hold, and knots lie where weights put them.
        gain = GAIN * _held(math.sqrt(abs(_bends(law)[0])) / GAIN, layers[1].scale)
        if gain == 0:  # it climbs by less than half precision holds
            continue
        places = [_held(-gain * (LIFT + float(knot)), layers[1].lr_mul) for knot in law.knots]
        held = Law(-np.array(places) / gain - LIFT, law.heights)
        for place, knot, bend in zip(places, held.knots, _bends(held), strict=True):
            second[unit, i], offsets[unit], third[i, unit] = gain, place, float(bend) / gain
            rests[i] -= bend * GAIN * SLOPE * float(held.knots[0] - knot)
            unit += 1
    _set(layers[0], first, lift)
    _set(layers[1], second / GAIN, offsets)
    _set(layers[2], third, rests)


def _held(value: float, scale: float) -> float:
    """A number that is stored in half precision divided by `scale`, as it comes out again."""
    return float(np.float16(value / scale)) * scale


def _law(values: Numbers) -> Law:
    """Law of an axis with the given values (N,): bent if most of them are the least or the largest of all."""
    ends = np.array([values.min(), values.max()])
    if ends[0] == ends[1]:
        return Law(np.array([-1, 1], np.float32), ends.astype(np.float32))
    least, largest = (np.mean(values == end) for end in ends)
    if least + largest < MOST:
        return STRAIGHT
    knots = _normal(np.clip([least, 1 - largest], 1e-4, 1 - 1e-4))
    if knots[1] - knots[0] < STEEP:
        knots = knots.mean() + np.array([-STEEP, STEEP]) / 2
    return Law(knots.astype(np.float32), ends.astype(np.float32))


def _bends(law: Law) -> Numbers:
    """Weights of leaky rectifiers at the knots whose sum has the slopes of a law, before the last rectifier."""
    slopes = np.diff(_unrectified(law.heights)) / np.diff(law.knots)
    return np.diff(slopes, prepend=0, append=0) / ((1 - SLOPE) * GAIN)


def _factor(population: Numbers, laws: list[Law]) -> Numbers:
    """Lower triangular (k, k) that correlates normal numbers so that their laws correlate as a population (N, k)."""
    wanted = _correlations(population.T)
    white = np.random.default_rng(0).standard_normal((DRAWS, len(laws)), np.float32)
    latent = _positive(wanted)
    for _ in range(ROUNDS):
        numbers = white @ np.linalg.cholesky(latent).T.astype(np.float32)
        bent = np.stack([law(column) for law, column in zip(laws, numbers.T, strict=True)])
        latent = _positive(latent + wanted - _correlations(bent))
    return np.linalg.cholesky(latent).astype(np.float32)


def _correlations(axes: Numbers) -> Numbers:
    """Correlations (k, k) of axes (k, N); a constant one goes with none."""
    with np.errstate(invalid="ignore"):
        found: Numbers = np.nan_to_num(np.asarray(np.corrcoef(axes)))
    np.fill_diagonal(found, 1)
    return found


def _positive(correlations: Numbers) -> Numbers:
    """A positive definite matrix of correlations near a symmetric one (k, k)."""
    values, vectors = np.linalg.eigh(correlations)
    near = (vectors * np.maximum(values, LEAST)) @ vectors.T
    deviations = np.sqrt(np.diag(near))
    return near / np.outer(deviations, deviations)


def _normal(quantiles: Numbers) -> Numbers:
    """Standard normal numbers of quantiles in 0..1."""
    return torch.special.ndtri(torch.from_numpy(quantiles)).numpy()


def _unrectified(values: Numbers) -> Numbers:
    """What the last layer's rectifier makes `values` of."""
    return np.where(values > 0, values / GAIN, values / (SLOPE * GAIN))


def _set(layer: EqualLinear, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight / layer.scale)
    layer.bias.copy_(bias / layer.lr_mul)
