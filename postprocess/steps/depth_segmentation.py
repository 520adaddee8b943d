"""Third blend: the background of both the original and the edit comes from the original."""

from collections.abc import Callable

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.tensors import by_size
from pipeline.core.types import Floats, Frame, Portrait
from postprocess.depth import HasDepth, Rule, foreground, matted
from postprocess.masks import Mask, distance_to, hold_back

OUTPUT_FOLDER = "images_post_depth_segmentation"


class Settings(BaseModel):
    """Splits depth in near and far by K-means; away from the near parts of both images the edit fades out.

    In photographs the near parts are what a matte of the person shows, where it was fetched.
    """

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
        "than that cluster's mean, which leaves out most hair. In photographs the matte of `faces`, where it was "
        "fetched, decides instead.",
    )
    skip: tuple[str, ...] = Field(
        ("bald", "Se"), description="Attribute codes and translations whose edits this step leaves alone."
    )

    def open(self, models: HasDepth, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one depth map or matte per frame, and one per portrait."""
        return lambda frames: self._step(frames, models)

    def _step(self, frames: list[Frame], models: HasDepth) -> list[Frame]:
        results = list(frames)
        # Nothing fades on the portrait's person: an edit within it needs no depth map.
        chosen = {
            index: frame
            for index, frame in enumerate(frames)
            if not self._skipped(frame) and frame.support[~self._portrait_person(frame.portrait, models)].any()
        }
        persons = {index: matted(frame.image, frame.portrait, models) for index, frame in chosen.items()}
        others = {index: chosen[index].image for index, person in persons.items() if person is None}
        depths = by_size(others, lambda images: models.depth.inverse_depth(images))  # noqa: PLW0108 -- opened if needed
        for index, frame in chosen.items():
            person = persons[index]
            if person is None:
                person = foreground(depths[index], self.rule)
            near = person | self._portrait_person(frame.portrait, models)
            results[index] = hold_back(frame, background_alpha(near, self.coef))
        return results

    def _portrait_person(self, portrait: Portrait, models: HasDepth) -> Mask:
        def compute() -> Mask:
            person = matted(portrait.image, portrait, models)
            return foreground(models.depth.inverse_depth([portrait.image])[0], self.rule) if person is None else person

        return portrait.maps.get(f"person {self.rule}", compute)

    def _skipped(self, frame: Frame) -> bool:
        return any(name in self.skip for move, _ in frame.edit.moves for name in (move.name, move.code))


def background_alpha(near: Mask, coef: float) -> Floats:
    """Weight of the original, 1 - exp(-coef * d), where d is the distance to `near` (H, W) in half image sides."""
    distance = distance_to(near) / np.float32(min(near.shape) / 2)
    return np.asarray(1 - np.exp(-np.float32(coef) * distance), np.float32)
