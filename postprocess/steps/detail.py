"""Step: detail of the portrait that the generator does not reproduce is added to its edits where they change little."""

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
NEGLIGIBLE = 0.01
"""Share of the support that is set to zero."""


class Generator(Tunable, Protocol):
    """Generator: images of latents (B, n_style, dim), resized to `size`."""

    def render(self, latents: Any, *, size: int) -> Image: ...


class HasGenerator(Protocol):
    """Opened models with a generator."""

    @property
    def generator(self) -> Generator: ...


class Settings(BaseModel):
    """Adds original - reconstruction to a rendered edit, where edit and reconstruction agree.

    Where they agree altogether, the edit changes nothing: the support shrinks to what the generator really changes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: float = Field(
        40.0,
        gt=0,
        le=10_000,
        description="Grey levels (of 255) by which an edit may differ from the reconstruction and still take most of "
        "the missing detail.",
    )
    faint: float = Field(
        6.0,
        ge=0,
        le=255,
        description="Grey levels (of 255) of that difference below which later steps hardly touch the picture.",
    )
    blur: float = Field(4.0, ge=0, le=100, description="Smoothing of that difference in pixels (at 512).")

    def open(self, models: HasGenerator, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one reconstruction per portrait."""
        return lambda frames: [self._enrich(frame, reconstruction(frame.portrait, models)) for frame in frames]

    def _enrich(self, frame: Frame, rebuilt: Image) -> Frame:
        change = difference(frame.image, rebuilt, scaled(self.blur, rebuilt.shape))
        weight = np.exp(-np.square(change / np.float32(self.tolerance)))
        missing = frame.portrait.image.astype(np.float32) - rebuilt
        image = np.asarray(np.rint(np.clip(frame.image + weight[:, :, None] * missing, 0, 255)), np.uint8)
        support = frame.support
        if self.faint:
            drawn = 1 - np.exp(-np.square(change / np.float32(self.faint)))
            support = np.where(drawn < NEGLIGIBLE, 0, support * drawn).astype(np.float32)
        image[support == 0] = frame.portrait.image[support == 0]
        return replace(frame, image=image, support=support)


def reconstruction(portrait: Portrait, models: HasGenerator) -> Image:
    """Generator's image of the portrait's latent, computed once; raises BadInput without a latent."""
    latent = portrait.latent
    if latent is None:
        raise BadInput(f"{portrait.name} has no latent, which the step `detail` needs: project it first.")
    size = portrait.image.shape[0]
    return portrait.maps.get(
        "reconstruction", lambda: portrait.own(models.generator).render(latent[None], size=size)[0]
    )


def difference(edited: Image, rebuilt: Image, blur: float) -> Floats:
    """Maximum over the channels of |edited - rebuilt| in grey levels (H, W), blurred by `blur` pixels."""
    import cv2

    # Whole grey levels, which OpenCV blurs exactly, with identical bits.
    found = cv2.absdiff(edited, rebuilt).max(axis=2)
    if blur > 0:
        found = cv2.GaussianBlur(found, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)
