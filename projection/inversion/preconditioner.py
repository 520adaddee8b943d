"""Preconditioner of an inversion: units of W+ in which the pixels depend about equally on each component.

A coarse layer of a generator moves the pixels a hundred times more than a fine one, so a search in equal units creeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from projection.generator import LatentGenerator

PROBES = 4
DAMPING = 0.01
"""Added to the squared sensitivities, as a share of their mean: noise of the estimate must not become huge units."""
_KNOWN: WeakKeyDictionary[LatentGenerator, Tensor] = WeakKeyDictionary()


def units(generator: LatentGenerator) -> Tensor:
    """Unit of each component, (n_style, dim), computed once for a generator; those of equal effect have equal ones.

    The diagonal of J^T J, J the Jacobian of the pixels, is estimated by products J^T v with random v (Bekas et al.
    2007, "An estimator for the diagonal of a matrix"), at random latents. What a latent does not reach yet is mostly
    coarse: v is noise of several sizes.
    """
    if generator not in _KNOWN:
        with torch.inference_mode(False), torch.enable_grad():
            deviation = generator.deviation.clone().clamp_min(1e-6)
            effect = _squared_sensitivity(generator) * deviation.square()
            mean = effect.mean()
            _KNOWN[generator] = deviation * ((effect + DAMPING * mean) / mean).rsqrt()
    return _KNOWN[generator]


def _squared_sensitivity(generator: LatentGenerator) -> Tensor:
    """Estimate of the diagonal of J^T J, (n_style, dim), up to a factor."""
    source = torch.Generator().manual_seed(0)
    total = torch.zeros(generator.n_style, generator.dim, device=generator.device)
    for _ in range(PROBES):
        latent = generator.map(torch.randn(1, generator.dim, generator=source)).detach()
        latent = latent[:, None].repeat(1, generator.n_style, 1).requires_grad_()
        image = generator.synthesize(latent)
        (image * _noise(generator.resolution, source).to(image)).sum().backward()
        assert latent.grad is not None
        total += latent.grad[0].square()
    return total


def _noise(side: int, source: torch.Generator) -> Tensor:
    """Noise (1, 3, side, side) with equal power in squares of 1, 2, 4, 8 and 16 pixels."""
    layers = [torch.randn(1, 3, side // block, side // block, generator=source) for block in (1, 2, 4, 8, 16)]
    return sum((F.interpolate(each, side) * side / each.shape[-1] for each in layers), torch.zeros(1))
