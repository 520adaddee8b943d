"""Inversion: the latent whose picture is nearest to a photo, by optimisation from the encoder's guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.core.weights import model_set, model_sets
from projection.inversion.settings import ProjectionSettings

if TYPE_CHECKING:
    from torch import Tensor

    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.perceptual import Perceptual


KNOWN_PSNR = 24.0
"""Reconstruction in dB below which an embedded set did not recognise what it was shown; its own portraits reach 28."""


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
    progress: Progress = SILENT,
    watch: Callable[[Tensor], None] | None = None,
) -> Projection:
    """Find the latents of uint8 pictures (H, W, 3), whatever their size.

    `watch` is shown the latents under way, (B, n_style, dim), before each iteration is told; either may raise to stop.

    Without an encoder the search starts at the mean latent; without `perceptual` pixels alone count. Losses are summed
    over the batch and the optimisers work element by element, so a result does not depend on the other pictures, apart
    from rounding. The loss of a result is never above that of its start. Raises BadConfig for random sub-generators of
    a generator that is not elastic.
    """
    import torch

    from pipeline.core.images import psnr
    from pipeline.core.tensors import to_tensor, to_uint8
    from projection.inversion.objective import Objective
    from projection.inversion.optimise import optimise

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
        psnr=np.array([psnr(*pair) for pair in zip(recon, to_uint8(targets), strict=True)], np.float32),
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
