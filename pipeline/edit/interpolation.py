"""Random latents, interpolation in W+, animations."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.types import Floats, Image, Portrait, Tuning
from pipeline.models import Models

TRUNCATION = 0.7
"""Truncation psi: distance from the mean face, 0..1; smaller is more plausible (Karras et al., 2019)."""
FORMATS = {".webp": "WEBP", ".gif": "GIF", ".png": "PNG"}


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One end of an interpolation.

    Attributes:
        latent: float32 (n_style, dim), with its edit.
        tuning: Tuning of the generator for this portrait, or None.
    """

    name: str
    latent: Floats
    space: str
    tuning: Tuning | None = None


def interpolate(start: Endpoint, end: Endpoint, share: float) -> Endpoint:
    """Linear interpolation in W+ at `share` (0..1); tunings are mixed in the same shares."""
    latent = start.latent + np.float32(share) * (end.latent - start.latent)
    tuning: dict[str, np.ndarray] = {}
    for part, own in ((1 - share, start.tuning), (share, end.tuning)):
        for key, change in (own or {}).items():
            tuning[key] = (tuning.get(key, np.float16(0)) + np.float16(part) * change).astype(np.float16)
    return Endpoint(f"{start.name} + {end.name}", latent, start.space, tuning or None)


def random_endpoint(seed: int, models: Models) -> Endpoint:
    """A random face, the same for the same seed."""
    import torch

    generator = models.generator
    noise = torch.randn(1, generator.dim, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        mean = generator.mean_latent
        w = mean + TRUNCATION * (generator.map(noise)[0] - mean)
    latent = np.repeat(w.cpu().numpy()[None], generator.n_style, axis=0)
    return Endpoint(f"random {seed}", latent, models.space)


def render_endpoint(end: Endpoint, models: Models, size: int | None = None) -> Portrait:
    """Render an endpoint as a portrait of `size` pixels, by default of the generator's resolution."""
    blank = np.zeros((1, 1, 3), np.uint8)
    generator = Portrait(end.name, blank, end.latent, end.space, tuning=end.tuning).own(models.generator)
    image = generator.render(end.latent[None], size=size)[0]
    return Portrait(end.name, image, end.latent, end.space, tuning=end.tuning)


def positions(count: int, back: bool) -> list[float]:
    """Evenly spaced positions 0..1 of an animation's frames; `back`: there and back without a repeated frame."""
    there = [float(share) for share in np.linspace(0, 1, count)]
    return there + there[-2:0:-1] if back else there


def write_animation(path: Path, frames: Sequence[Image], milliseconds: int) -> None:
    """Write an endless animation.

    Args:
        path: WebP, GIF or PNG, by its suffix.
        frames: uint8 (S, S, 3).
        milliseconds: Time of each frame.

    Raises:
        BadInput: Another suffix, or a path that cannot be written.
    """
    from PIL import Image as pillow

    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(f"Cannot write {path}: name it .webp, .gif or .png.")
    first, *others = (pillow.fromarray(np.ascontiguousarray(frame)) for frame in frames)
    buffer = io.BytesIO()
    quality = {"quality": 90} if kind == "WEBP" else {}
    first.save(buffer, kind, save_all=True, append_images=others, duration=milliseconds, loop=0, **quality)
    write_atomic(path, buffer.getvalue())
