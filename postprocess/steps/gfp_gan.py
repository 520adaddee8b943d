"""Last step: restored face within the support of the edit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.tensors import by_size
from pipeline.core.types import Floats, Frame
from postprocess.labels import Group, Labels, merge
from postprocess.masks import alpha_from_distance, distance_to, mix, scaled
from postprocess.parsing import HasParser, portrait_labels
from postprocess.restoration import HasRestorer

OUTPUT_FOLDER = "images_post_gfp_gan"


class Models(HasParser, HasRestorer):
    """Opened models with a parser and a restorer."""


class Settings(BaseModel):
    """Blends in the restored image, weighted by the support of the edit; what was background is left alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: float = Field(
        6.0, ge=0, le=512, description="Over how many pixels (at 512) the restored face fades into clothes and hats."
    )

    def open(self, models: Models, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames."""
        parser, restorer = models.parser, models.restorer

        def step(frames: list[Frame]) -> list[Frame]:
            results = list(frames)
            images = {index: frame.image for index, frame in enumerate(frames) if frame.support.any()}
            for index, restored in by_size(images, restorer.restore).items():
                results[index] = self._blend(frames[index], restored, portrait_labels(frames[index].portrait, parser))
            return results

        return step

    def _blend(self, frame: Frame, restored: np.ndarray, labels: Labels) -> Frame:
        alpha = face_alpha(labels, scaled(self.margin, labels.shape))
        return replace(frame, image=mix(frame.image, restored, 1 - frame.support * (1 - alpha)))


def face_alpha(labels: Labels, margin: float) -> Floats:
    """Weight of the unrestored image for classes (H, W): 0 on the head, 1 on the background.

    Over clothes and hats it grows with the distance to the head up to 1 at `margin` pixels.
    """
    groups = merge(labels)
    head = ~np.isin(groups, (Group.BACKGROUND, Group.FOREGROUND))
    alpha = alpha_from_distance(distance_to(head), margin)
    alpha[groups == Group.BACKGROUND] = 1
    return alpha
