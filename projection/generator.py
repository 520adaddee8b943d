"""Generator wrapper: latents of a named space to uint8 images; sub-generators and tuned copies."""

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.batch_sizes import GENERATED_PIXELS
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.errors import BadConfig, SpaceMismatch
from pipeline.core.images import resize
from pipeline.core.tensors import to_uint8
from pipeline.core.types import Image, Tuning
from pipeline.core.weights import model_sets
from projection.nets.generator import Generator, ModulatedConv

N_SAMPLES = 4096
"""Samples for the mean and the standard deviation of W."""


class LatentGenerator(Compilable):
    """Generator net with the name of its latent space; `elastic` if trained for smaller widths and resolutions."""

    net: Generator

    def __init__(self, net: Generator, device: torch.device | str, space: str, elastic: bool = True) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.forward: Forward = self._draw
        with torch.inference_mode(False), torch.no_grad():
            for layer in net.modules():
                if isinstance(layer, ModulatedConv):
                    layer.freeze()
        self.device, self.space, self.elastic = torch.device(device), space, elastic
        self.n_style, self.dim, self.resolution = net.n_style, net.style_dim, net.resolution

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device, space: str) -> Self:
        """From a file; `config` holds the arguments of Generator. Raises MissingWeights if it is unreadable."""
        state, arguments = open_declared(path, config)
        net = fill(lambda: Generator(**arguments), state)
        elastic = any(each.elastic for each in model_sets().values() if each.space == space)
        return cls(net, device, space, elastic)

    def tuned(self, tuning: Tuning) -> "LatentGenerator":
        """Generator of the same space with `tuning` added to its weights; the other weights are shared.

        Raises:
            SpaceMismatch: A key or a shape differs from this generator's.
        """
        weights = dict(self.net.named_parameters())
        unknown = [key for key in tuning if key not in weights or weights[key].shape != tuning[key].shape]
        if unknown:
            raise SpaceMismatch(f"A tuning with {unknown[0]} does not belong to {self.space}: tune the portrait again.")
        shared = {id(weight): weight for key, weight in weights.items() if key not in tuning}
        net = copy.deepcopy(self.net, shared)
        for key, weight in net.named_parameters():
            if key in tuning:
                weight.data += torch.from_numpy(tuning[key]).to(weight)
        return LatentGenerator(net, self.device, self.space, self.elastic)

    def convolving_in(self, dtype: torch.dtype) -> "LatentGenerator":
        """Generator with the same weights whose 3 x 3 convolutions compute in `dtype`."""
        other = self.tuned({})
        other.net.convolve_in(dtype)
        return other

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        source = torch.Generator().manual_seed(0)
        with torch.no_grad():
            w = self.net.get_style(torch.randn(N_SAMPLES, self.dim, generator=source).to(self.device))
            return w.mean(0), w.std(0)

    @property
    def mean_latent(self) -> Tensor:
        """Mean of W, (dim,)."""
        return self._moments[0]

    @property
    def deviation(self) -> Tensor:
        """Standard deviation of W in each dimension, (dim,)."""
        return self._moments[1]

    def map(self, z: Tensor) -> Tensor:
        """Mapping network: Z (B, dim), standard normal, to W (B, dim)."""
        return self.net.get_style(z.to(self.device))

    def example(self, shape: Sequence[int]) -> Tensor:
        """W+ (1, n_style, dim) of random Z, the same in each call."""
        return self.map(torch.randn(1, *shape, generator=torch.Generator().manual_seed(0)))

    def synthesize(self, latents: Tensor, ratio: float = 1.0, resolution: int | None = None) -> Tensor:
        """Images (B, 3, R, R) in about -1..1, with fixed noise; differentiable, except in inference mode.

        Args:
            latents: W (B, dim) or W+ (B, n_style, dim).
            ratio: Share of the channels, 0..1.
            resolution: Side R in pixels at which the synthesis stops.

        Raises:
            BadConfig: An unknown resolution, or a ratio or resolution for a generator that is not elastic.
            SpaceMismatch: Latents of another shape.
        """
        if latents.shape[-1] != self.dim or (latents.ndim == 3 and latents.shape[1] not in (1, self.n_style)):
            raise SpaceMismatch(
                f"Latents of shape {tuple(latents.shape[1:])} do not belong to {self.space}, "
                f"which takes ({self.n_style}, {self.dim})."
            )
        if not self.elastic and (ratio != 1 or resolution not in (None, self.resolution)):
            raise BadConfig(f"The generator of {self.space} is not elastic: it only renders at full width and size.")
        if resolution is not None and resolution not in self.net.resolutions:
            raise BadConfig(f"Resolution {resolution} is unknown: choose {', '.join(map(str, self.net.resolutions))}.")
        w = latents.to(self.device)
        in_w_plus = w.shape[1:] == (self.n_style, self.dim)
        draw = self.forward if in_w_plus and torch.is_inference_mode_enabled() else self._draw
        return draw(w, ratio=float(ratio), resolution=resolution or self.resolution)

    def _draw(self, w: Tensor, ratio: float, resolution: int) -> Tensor:
        out = self.net(w, ratio=ratio, target_res=resolution)
        assert isinstance(out, Tensor)
        return out

    def render(
        self,
        latents: NDArray[np.float32] | Tensor,
        *,
        size: int | None = None,
        ratio: float = 1.0,
        resolution: int | None = None,
    ) -> Image:
        """uint8 (B, S, S, 3) of latents (B, n_style, dim); S = `size` or `resolution`; raises as `synthesize`."""
        w = latents.float() if isinstance(latents, Tensor) else torch.from_numpy(np.array(latents, np.float32))
        side = resolution or self.resolution
        count = max(1, GENERATED_PIXELS // side**2)
        with torch.inference_mode():
            parts = [to_uint8(self.synthesize(part, ratio, resolution)) for part in w.split(count)]
        images = np.concatenate(parts)
        return images if size is None or size == side else np.stack([resize(image, size) for image in images])
