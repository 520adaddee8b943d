"""Third blend: the background of both the original and the edit comes from the original."""

from collections.abc import Callable

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.tensors import by_size
from pipeline.core.types import Floats, Frame
from postprocess.depth import DepthEstimator, HasDepth, Rule, foreground
from postprocess.masks import Mask, distance_to, hold_back

OUTPUT_FOLDER = "images_post_depth_segmentation"


class Settings(BaseModel):
    """Splits depth in near and far by K-means; away from the near parts of both images the edit fades out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coef: float = Field(
        8.0,
        ge=0,
        le=1000,
        description="How fast an edit fades behind the person: its weight is exp(-coef * d), d = 1 for half the image.",
    )
    rule: Rule = Field(
        "cluster",
        description="What counts as the person: `cluster`, the nearer cluster of depths; `mean`, only what is nearer "
        "than that cluster's mean, which leaves out most hair.",
    )
    skip: tuple[str, ...] = Field(
        ("bald", "Se"), description="Attribute codes and translations whose edits this step leaves alone."
    )

    def open(self, models: HasDepth, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one depth map per frame, and one per portrait."""
        return lambda frames: self._step(frames, models.depth)

    def _step(self, frames: list[Frame], estimator: DepthEstimator) -> list[Frame]:
        results = list(frames)
        # Nothing fades on the portrait's foreground: an edit within it needs no depth map.
        images = {
            index: frame.image
            for index, frame in enumerate(frames)
            if not self._skipped(frame) and frame.support[~self._portrait_foreground(frame, estimator)].any()
        }
        for index, depth in by_size(images, estimator.inverse_depth).items():
            near = foreground(depth, self.rule) | self._portrait_foreground(frames[index], estimator)
            results[index] = hold_back(frames[index], background_alpha(near, self.coef))
        return results

    def _skipped(self, frame: Frame) -> bool:
        return any(name in self.skip for move, _ in frame.edit.moves for name in (move.name, move.code))

    def _portrait_foreground(self, frame: Frame, estimator: DepthEstimator) -> Mask:
        image = frame.portrait.image
        return frame.portrait.maps.get(
            f"foreground {self.rule}", lambda: foreground(estimator.inverse_depth([image])[0], self.rule)
        )


def background_alpha(near: Mask, coef: float) -> Floats:
    """Weight of the original, 1 - exp(-coef * d), where d is the distance to `near` (H, W) in half image sides."""
    distance = distance_to(near) / np.float32(min(near.shape) / 2)
    return np.asarray(1 - np.exp(-np.float32(coef) * distance), np.float32)
