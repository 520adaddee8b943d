"""A step for tests: inverts what may change, in proportion to the support."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.core.types import Frame

OUTPUT_FOLDER = "images_post_toy_invert"


class Settings(BaseModel):
    """How much of the inverted colour shows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: float = 1.0

    def open(self, models: Any, device: Any) -> Callable[[list[Frame]], list[Frame]]:
        return lambda frames: [self._apply(frame) for frame in frames]

    def _apply(self, frame: Frame) -> Frame:
        weight = (frame.support * self.amount)[..., None]
        image = frame.image * (1 - weight) + (255.0 - frame.image) * weight
        return replace(frame, image=np.rint(image).astype(np.uint8))
