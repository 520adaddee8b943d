"""First blend: outside the domain of the edited attributes the image comes from the original."""

from collections.abc import Callable

import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.types import Frame
from postprocess.domains import domain_distance
from postprocess.masks import alpha_from_distance, hold_back, scaled

OUTPUT_FOLDER = "images_post_domain_mixup"


class Settings(BaseModel):
    """Mixes by the distance to the drawn domain of each edited attribute (configs/attributes.yaml)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: float = Field(
        42.0, ge=0, le=512, description="Over how many pixels (at 512) an edit fades outside its domain."
    )

    def open(self, models: object, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames; it needs no nets."""
        return lambda frames: [self._blend(frame) for frame in frames]

    def _blend(self, frame: Frame) -> Frame:
        height, width = frame.image.shape[:2]
        distance = domain_distance(frame.edit.codes(), height, width)
        return hold_back(frame, alpha_from_distance(distance, scaled(self.margin, frame.image.shape)))
