"""What the generator could not reproduce of a portrait is given back to its edits, where they left the face alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.errors import BadInput
from pipeline.core.types import Floats, Frame, Image, Portrait, Tunable
from postprocess.masks import scaled

OUTPUT_FOLDER = "images_post_detail"


class Generator(Tunable, Protocol):
    """What this step asks of the generator: images of latents (B, n_style, dim), resized to `size`."""

    def render(self, latents: Any, *, size: int) -> Image: ...


class HasGenerator(Protocol):
    """What this step needs of the opened models."""

    @property
    def generator(self) -> Generator: ...


class Settings(BaseModel):
    """Adds original - reconstruction to a rendered edit, where edit and reconstruction agree."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: float = Field(
        40.0,
        gt=0,
        le=10_000,
        description="Grey levels (of 255) by which an edit may differ from the reconstruction and still take most of "
        "the missing detail.",
    )
    blur: float = Field(4.0, ge=0, le=100, description="Smoothing of that difference in pixels (at 512).")

    def open(self, models: HasGenerator, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one reconstruction per portrait."""
        return lambda frames: [self._enrich(frame, reconstruction(frame.portrait, models)) for frame in frames]

    def _enrich(self, frame: Frame, rebuilt: Image) -> Frame:
        weight = agreement(frame.image, rebuilt, self.tolerance, scaled(self.blur, rebuilt.shape))
        missing = frame.portrait.image.astype(np.float32) - rebuilt
        image = np.asarray(np.rint(np.clip(frame.image + weight[:, :, None] * missing, 0, 255)), np.uint8)
        untouched = frame.support == 0
        image[untouched] = frame.portrait.image[untouched]
        return replace(frame, image=image)


def reconstruction(portrait: Portrait, models: HasGenerator) -> Image:
    """The portrait as the generator renders its latent, computed once; BadInput without a latent."""
    latent = portrait.latent
    if latent is None:
        raise BadInput(f"{portrait.name} has no latent, which the step `detail` needs: project it first.")
    size = portrait.image.shape[0]
    return portrait.maps.get(
        "reconstruction", lambda: portrait.own(models.generator).render(latent[None], size=size)[0]
    )


def agreement(edited: Image, rebuilt: Image, tolerance: float, blur: float) -> Floats:
    """exp(-(d / tolerance)^2), where d (H, W) is the largest channel's |edited - rebuilt|, blurred by `blur` pixels."""
    import cv2

    # Whole grey levels: OpenCV blurs those exactly, the same bits every time.
    difference = cv2.absdiff(edited, rebuilt).max(axis=2)
    if blur > 0:
        difference = cv2.GaussianBlur(difference, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.exp(-np.square(difference / np.float32(tolerance))), np.float32)
