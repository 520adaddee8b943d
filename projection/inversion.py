"""Inversion: the latent whose picture is nearest to a photo, by optimisation from the encoder's guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.types import Image
from pipeline.core.weights import model_set, model_sets
from projection.tuning import TuningSettings

if TYPE_CHECKING:
    from torch import Tensor

    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.perceptual import Perceptual

Progress = Callable[[int, int, float], None]
"""Called with (iterations done, iterations at most, mean loss)."""

KNOWN_PSNR = 24.0
"""Reconstruction in dB below which an embedded set did not recognise what it was shown; its own portraits reach 28."""


class ProjectionSettings(BaseModel):
    """How a latent is found. The default suits the embedded set; Anycost's own is lbfgs with 200 iterations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optimizer: Literal["adam", "lbfgs"] = Field(
        "adam", description="adam works on a batch at once; lbfgs (strong Wolfe line search) on one portrait at a time."
    )
    n_iter: int = Field(60, ge=0, le=10_000, description="Iterations at most; 0 takes the encoder's guess as it is.")
    learning_rate: float = Field(
        0.1, gt=0, le=10, description="First step of adam, in standard deviations of W; falls to zero as a cosine."
    )
    mse: float = Field(1.0, ge=0, description="Weight of the mean squared error of pixels in -1..1.")
    perceptual: float = Field(0.1, ge=0, description="Weight of the perceptual distance.")
    encoder: float = Field(
        0.0,
        ge=0,
        description="Weight that keeps a latent near the encoder's reading of its picture: more editable, less alike.",
    )
    start_resolution: int = Field(
        64, ge=4, le=1024, description="Size that is compared first; then twice as much, and so on."
    )
    coarse_share: float = Field(
        0.4, ge=0, lt=1, description="Share of the iterations spent below the full size, evenly over the sizes."
    )
    patience: int = Field(
        30, ge=1, description="A portrait is finished when this many iterations at full size no longer pay."
    )
    tolerance: float = Field(
        0.01, ge=0, lt=1, description="Relative improvement of the loss within `patience` that pays."
    )
    random_subgenerators: bool = Field(
        False, description="Draw a width of the generator for each iteration (elastic sets only): edits preview alike."
    )
    seed: int = Field(0, ge=0, description="Seed of the drawn widths.")
    tuning: TuningSettings = Field(
        default_factory=TuningSettings, description="Whether the generator learns each portrait afterwards."
    )


@dataclass(frozen=True, eq=False)
class Projection:
    """What was found for B portraits.

    latents: float32 (B, n_style, dim) · recon: uint8 (B, R, R, 3), their pictures · psnr: float32 (B,), dB, against
    the portrait at the generator's resolution · loss, start_loss: float32 (B,), of the result and of its start
    """

    latents: NDArray[np.float32]
    recon: Image
    psnr: NDArray[np.float32]
    loss: NDArray[np.float32]
    start_loss: NDArray[np.float32]


def project(
    images: Sequence[Image] | Image,
    generator: LatentGenerator,
    encoder: LatentEncoder | None,
    perceptual: Perceptual | None,
    settings: ProjectionSettings,
    progress: Progress | None = None,
    watch: Callable[[Tensor], None] | None = None,
) -> Projection:
    """Find the latents of uint8 pictures (H, W, 3), whatever their size.

    `watch` is shown the latents under way, (B, n_style, dim), before each call of `progress`; either may raise to stop.

    Without an encoder the search starts at the mean latent; without `perceptual` pixels alone count. Losses are summed
    over the batch and the optimisers work element by element, so a result does not depend on the other pictures, apart
    from rounding. The loss of a result is never above that of its start. Raises BadConfig for random sub-generators of
    a generator that is not elastic.
    """
    import torch

    from projection.images import psnr, to_tensor, to_uint8
    from projection.objective import Objective
    from projection.optimise import optimise

    # Callers may have switched gradients off.
    with torch.inference_mode(False), torch.enable_grad():
        targets = to_tensor(images, generator.resolution, generator.device)
        objective = Objective(targets, generator, encoder, perceptual, settings)
        start = torch.from_numpy(encoder.encode(images)).to(targets) if encoder else objective.mean_latents()
        latents, loss, start_loss = optimise(objective, start, settings, progress, watch)
    recon = generator.render(latents)
    return Projection(
        latents=latents.cpu().numpy(),
        recon=recon,
        psnr=psnr(recon, to_uint8(targets)),
        loss=loss.cpu().numpy(),
        start_loss=start_loss.cpu().numpy(),
    )


def unknown_face_warning(psnr: float, set_name: str) -> str | None:
    """A sentence for the user when an embedded set reconstructs a photo at only `psnr` dB; None when all is well."""
    if psnr >= KNOWN_PSNR or not model_set(set_name).embedded:
        return None
    real = " or ".join(
        name for name, models in model_sets().items() if models.space and not models.embedded and not models.instead
    )
    return (
        f"The reconstruction reaches only {psnr:.1f} dB (expected: {KNOWN_PSNR:.0f} or more): the {set_name} set knows "
        f"rendered portraits only, so edits of this photo would show somebody else; use {real} for real faces."
    )
