"""Second blend: only the parts of the face that an attribute is about keep the edit, hats and scarves always return."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.types import Frame
from postprocess.labels import BACKGROUND, EYES, FOREGROUND, HAIR, MOUTH, NOSE, Labels, merge
from postprocess.masks import Mask, alpha_from_distance, dilate, distance_to, hold_back, scaled, shift_down
from postprocess.parsing import HasParser, parse_frames

OUTPUT_FOLDER = "images_post_segmentation"

# Classes of CelebAMask-HQ that are named below.
_SKIN, _BROWS, _OPEN_EYES, _NECK, _CLOTHES, _HAIR, _HAT = 1, (2, 3), (4, 5), (14, 15), 16, 17, 18
_PROTECTED = {
    "Sk": (*_OPEN_EYES, _CLOTHES, _HAIR, _HAT),  # glasses are labelled with the skin behind them
    "A": (_CLOTHES, _HAIR, _HAT),
    "Ch": (_CLOTHES, _HAIR, _HAT),
}


class Settings(BaseModel):
    """Mixes by the distance to the regions, in the original or in the edit, that the attribute may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: float = Field(
        21.0, ge=0, le=512, description="Over how many pixels (at 512) an edit fades outside its region."
    )
    foreground_margin: float = Field(
        6.0, ge=0, le=512, description="Over how many pixels (at 512) hats and clothes in the upper half fade in."
    )
    strict: bool = Field(
        True,
        description="Skin, age and cheeks also leave hair and clothes (skin: eyes too) as they were; off, they leave "
        "only the background.",
    )

    def open(self, models: HasParser, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one parsing per frame, and one per portrait."""
        parser = models.parser

        def step(frames: list[Frame]) -> list[Frame]:
            pairs = parse_frames(frames, parser)
            return [self._blend(frame, *pair) for frame, pair in zip(frames, pairs, strict=True)]

        return step

    def _blend(self, frame: Frame, original: Labels, edited: Labels) -> Frame:
        shape = frame.image.shape
        weight = 1 - top_foreground_alpha(original, scaled(self.foreground_margin, shape))
        keep = _keep(frame.edit.codes(), original, self.strict) & _keep(frame.edit.codes(), edited, self.strict)
        if keep.any():
            weight = weight * (1 - alpha_from_distance(distance_to(~keep), scaled(self.margin, shape)))
        return hold_back(frame, 1 - weight)


def keep_mask(labels: Labels, code: str, strict: bool = True) -> Mask | None:
    """Where an edit of `code` must leave a face with these classes (H, W) alone; none if that is nowhere.

    Without `strict` this is the public pipeline's rule for Sk, A, Se, Ch, B, Hc, Hs, Pn, Bn, N, Be and Bp, except that
    hair colour takes the brows along. The other codes have no rule there.
    """
    groups = merge(labels)
    if code in ("Sk", "A", "Se", "Ch"):
        keep = groups == BACKGROUND
        return np.asarray(keep | np.isin(labels, _PROTECTED.get(code, ())) if strict else keep)
    region = _region(labels, groups, code)
    return None if region is None else np.logical_not(region)


def _region(labels: Labels, groups: Labels, code: str) -> Any:
    """Where an edit of `code` may change the face, for codes that are about one part of it."""
    match code:
        case "B" | "Hs":
            return groups == HAIR
        case "Hc":
            return (groups == HAIR) | np.isin(labels, _BROWS)
        case "Pn" | "Bn":
            return groups == NOSE
        case "Bp":
            return groups == MOUTH
        case "N":
            return dilate(groups == EYES, scaled(2, labels.shape))
        case "Be":
            return shift_down(dilate(groups == EYES, scaled(8, labels.shape)), scaled(30, labels.shape))
        case "D":
            return np.isin(labels, (_SKIN, *_NECK)) & _below_mouth(groups)
        case "Sm":
            return (labels == _SKIN) | np.isin(groups, (EYES, NOSE, MOUTH))
        case "Gl":
            return dilate(groups == EYES, scaled(8, labels.shape))
        case "Bd":
            return labels == _SKIN
        case _:
            return None


def top_foreground_alpha(labels: Labels, margin: float) -> np.ndarray:
    """Weight (H, W) of the original where it shows hats or clothes in the upper half, growing over `margin` pixels."""
    top = merge(labels) == FOREGROUND
    top[labels.shape[0] // 2 :] = False
    if not top.any():
        return np.zeros(labels.shape, np.float32)
    return alpha_from_distance(distance_to(~top), margin)


def _keep(codes: tuple[str, ...], labels: Labels, strict: bool) -> Mask:
    """What all the codes leave alone; nothing if one of them, or the edit as a whole, has no rule."""
    keep = np.full(labels.shape, bool(codes))
    for code in codes:
        mask = keep_mask(labels, code, strict)
        if mask is None:
            return np.zeros(labels.shape, np.bool_)
        keep &= mask
    return keep


def _below_mouth(groups: Labels) -> Mask:
    """Rows below the mouth, or the lowest 30 % of the picture where no mouth is seen."""
    rows = np.flatnonzero((groups == MOUTH).any(axis=1))
    first = rows[-1] + 1 if rows.size else round(0.7 * groups.shape[0])
    below = np.zeros(groups.shape, np.bool_)
    below[first:] = True
    return below
