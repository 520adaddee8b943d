"""A step for tests: only the middle of the picture may change, softly."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.types import Frame

OUTPUT_FOLDER = "images_post_toy_square"


class Settings(BaseModel):
    """Share of the picture's side that may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(0.5, ge=0, le=1, description="Share of the side that may change.")
    softness: float = Field(0.7, description="Support inside.")

    def open(self, models: Any, device: Any) -> Callable[[list[Frame]], list[Frame]]:
        return lambda frames: [self._apply(frame) for frame in frames]

    def _apply(self, frame: Frame) -> Frame:
        if frame.portrait.image.max() == 0:
            raise ValueError("there is nobody in the dark")
        size = len(frame.image)
        margin = round(size * (1 - self.share) / 2)
        support = np.zeros((size, size), np.float32)
        # A third, a fraction that eight bits cannot hold, so that a support stored too coarsely would show.
        support[margin : size - margin, margin : size - margin] = self.softness + np.float32(1 / 3) * 0.3
        support = support * frame.support
        image = support[..., None] * frame.image + (1 - support[..., None]) * frame.portrait.image
        return replace(frame, image=np.rint(image).astype(np.uint8), support=support)
