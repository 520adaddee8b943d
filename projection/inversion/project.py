"""Inversion of aligned images: W+ latents by optimisation from the encoder's prediction."""

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


KNOWN_PSNR = 23.0
"""Reconstruction PSNR in dB below which a photo is outside an embedded set's domain; its own portraits reach 28."""
ALIKE = 0.5
"""Identity distance to the latent's own picture up to which a tuned portrait counts as known.

Measured with the demo set: 0.04 to 0.19 for photographs of faces, 1.3 and 1.4 for a cat, which tuning brings to 25 dB.
"""


@dataclass(frozen=True, eq=False)
class Projection:
    """Result of an inversion of B portraits.

    Attributes:
        latents: float32 (B, n_style, dim).
        recon: Reconstructions, uint8 (B, R, R, 3).
        psnr: dB against the portrait at the generator's resolution, float32 (B,).
        loss: Loss of the result, float32 (B,), at most `start_loss`.
        start_loss: Loss of the start, float32 (B,).
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
    """Find the latents of images.

    Losses are summed over the batch and the optimisers work element by element, so a result does not depend on the
    other images, apart from rounding.

    Args:
        images: uint8 (H, W, 3), of any size.
        encoder: Predicts the start; without it the search starts at the mean latent.
        perceptual: Perceptual features; without them pixels alone count.
        progress: One step per iteration; may raise to stop.
        watch: Receives the current latents (B, n_style, dim) before each step; may raise to stop.

    Raises:
        BadConfig: The settings need an elastic generator or an encoder that is missing.
    """
    import torch

    from pipeline.core.images import psnr
    from pipeline.core.tensors import to_tensor, to_uint8
    from projection.inversion.objective import Objective
    from projection.inversion.optimise import optimise

    # Callers may have disabled gradients.
    with torch.inference_mode(False), torch.enable_grad():
        targets = to_tensor(images, generator.resolution, generator.device)
        objective = Objective(targets, generator, encoder, perceptual, settings)
        mean = generator.mean_latent.clone().repeat(len(targets), generator.n_style, 1)
        optimised = settings.n_iter > 0  # which would enlarge the last bits in which backends differ
        start = torch.from_numpy(encoder.encode(images, optimised)).to(targets) if encoder else mean
        latents, loss, start_loss = optimise(objective, start, settings, progress, watch)
    recon = generator.render(latents)
    return Projection(
        latents=latents.cpu().numpy(),
        recon=recon,
        psnr=np.array([psnr(*pair) for pair in zip(recon, to_uint8(targets), strict=True)], np.float32),
        loss=loss.cpu().numpy(),
        start_loss=start_loss.cpu().numpy(),
    )


def unknown_face_warning(
    psnr: float, set_name: str, tuned: float | None = None, identity: float | None = None
) -> str | None:
    """Sentence about a photo that an embedded set does not know, tuned or not; None for others.

    Args:
        psnr: Of the latent, in dB.
        tuned: Of the latent with a tuned generator, in dB.
        identity: Distance from the photo to the latent's picture without the tuning, see `Inversion`.
    """
    reached = psnr if tuned is None else max(tuned, psnr)
    alike = psnr >= KNOWN_PSNR or (identity is not None and identity <= ALIKE)
    if (reached >= KNOWN_PSNR and alike) or not model_set(set_name).embedded:
        return None
    real = " or ".join(
        name for name, models in model_sets().items() if models.space and not models.embedded and not models.instead
    )
    if reached < KNOWN_PSNR:
        found = f"The reconstruction reaches only {reached:.1f} dB (expected: {KNOWN_PSNR:.0f} or more)"
    else:
        found = f"The latent alone reaches only {psnr:.1f} dB and shows somebody else"
    return (
        f"{found}: the {set_name} set knows rendered portraits only, so edits of "
        f"this photo would show somebody else; use {real} for real faces."
    )
