"""Objective of an inversion: pixels, perceptual features and distance to the encoder's latent, at several sizes."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.core.errors import BadConfig
from pipeline.core.half import half_precision
from pipeline.core.tensors import shrink
from projection.perceptual import distance

if TYPE_CHECKING:
    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.inversion.settings import ProjectionSettings
    from projection.perceptual import Perceptual


class Objective:
    """Loss of latents against fixed targets (B, 3, R, R) in -1..1, whose shrunk copies and features are cached.

    Raises:
        BadConfig: The settings need an elastic generator or an encoder that is missing.
    """

    def __init__(
        self,
        targets: Tensor,
        generator: LatentGenerator,
        encoder: LatentEncoder | None,
        perceptual: Perceptual | None,
        settings: ProjectionSettings,
    ) -> None:
        if settings.random_subgenerators and not generator.elastic:
            raise BadConfig(
                f"The generator of {generator.space} is not elastic: set projection.random_subgenerators to false."
            )
        if settings.encoder and encoder is None:
            raise BadConfig("The model set has no encoder: set projection.encoder to 0.")
        self.generator, self.encoder, self.settings = generator, encoder, settings
        self._half = half_precision(generator.device) if settings.precision == "bfloat16" else torch.float32
        self._searched = generator if self._half is torch.float32 else generator.convolving_in(self._half)
        self.perceptual = perceptual if settings.perceptual else None
        self.scale = generator.deviation.clone().clamp_min(1e-6)
        self._targets = {generator.resolution: targets}
        self._features: dict[int, list[Tensor]] = {}

    @property
    def full(self) -> int:
        """The generator's resolution."""
        return self.generator.resolution

    @property
    def rounded(self) -> bool:
        """Whether the losses of a search are those of nets in half precision."""
        return self._searched is not self.generator

    def sizes(self) -> list[int]:
        """Sizes of the comparison in pixels, coarse to fine, the last one full."""
        first = min(self.settings.start_resolution, self.full)
        return [size for size in self.generator.net.resolutions if size >= first]

    def losses(
        self, latents: Tensor, chosen: list[int], size: int, ratio: float = 1.0, *, exact: bool = False
    ) -> Tensor:
        """Loss (len(chosen),) of `latents` (len(chosen), n_style, dim) against the chosen targets at `size`.

        Args:
            exact: In float32, whatever the settings.
        """
        generator = self.generator if exact else self._searched
        index = torch.tensor(chosen, device=latents.device)
        # Inner levels are images in an elastic generator alone; any other renders in full, and the image is shrunk.
        if generator.elastic:
            images = generator.synthesize(latents, ratio, size)
        else:
            images = shrink(generator.synthesize(latents), size)
        total = self.settings.mse * (images - self._target(size)[index]).square().mean((1, 2, 3))
        if self.perceptual is not None:
            targets = [level[index] for level in self._target_features(size)]
            rounded = self.rounded and not exact
            with torch.autocast(images.device.type, self._half) if rounded else nullcontext():
                found = [level.float() for level in self.perceptual.features(images)]
            total = total + self.settings.perceptual * distance(found, targets)
        if self.settings.encoder and self.encoder is not None:
            offset = (self.encoder.latents(images) - latents) / self.scale
            total = total + self.settings.encoder * offset.square().mean((1, 2))
        return total

    def _target(self, size: int) -> Tensor:
        if size not in self._targets:
            self._targets[size] = shrink(self._targets[self.full], size)
        return self._targets[size]

    def _target_features(self, size: int) -> list[Tensor]:
        assert self.perceptual is not None
        if size not in self._features:
            self._features.clear()  # one size at a time: these are the largest tensors of all
            with torch.no_grad():
                self._features[size] = self.perceptual.features(self._target(size))
        return self._features[size]


def size_at(iteration: int, n_iter: int, sizes: list[int], coarse_share: float) -> int:
    """Size for an iteration: the coarse sizes share `coarse_share` of all iterations evenly, the last gets the rest."""
    coarse = len(sizes) - 1
    if not coarse or not coarse_share:
        return sizes[-1]
    return sizes[min(math.floor(iteration * coarse / (coarse_share * n_iter)), coarse)]
