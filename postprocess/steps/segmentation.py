"""Second blend: the edit within the attribute's parts of the face; hats and scarves come from the original."""

from collections.abc import Callable
from functools import cache
from typing import Protocol

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.attributes import Segmentation, colour_value, known_attributes
from pipeline.core.errors import BadConfig
from pipeline.core.types import Floats, Frame
from postprocess.labels import CLASSES, CelebAMask, Group, Labels, merge
from postprocess.masks import Mask, alpha_from_distance, dilate, distance_to, hold_back, scaled, shift_down
from postprocess.own_pixels.beard_pixels import beard_of
from postprocess.own_pixels.beards import HasBeard
from postprocess.parsing import HasParser, parse_frames

OUTPUT_FOLDER = "images_post_segmentation"
BEARD_SHARE = 0.2
"""Share of a pixel from which a beard is hair."""


class Models(HasParser, HasBeard, Protocol):
    """Opened models with a parser and a beard."""


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
        description="Skin, age and cheeks also leave hair and clothes (skin: eyes too) as they were, and edits of hair "
        "may pass the hairline; off, the former leave only the background, and the latter keep to the hair.",
    )

    def open(self, models: Models, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one parsing per frame, and one per portrait.

        Raises:
            BadConfig: An attribute's rule names an unknown part of the face.
        """
        parser = models.parser
        for code, attribute in known_attributes().items():
            _open_classes(code, attribute.segmentation, self.strict)

        def step(frames: list[Frame]) -> list[Frame]:
            pairs = parse_frames(frames, parser)
            return [
                self._blend(frame, _with_beard_as_hair(frame, original, models.beard), edited)
                for frame, (original, edited) in zip(frames, pairs, strict=True)
            ]

        return step

    def _blend(self, frame: Frame, original: Labels, edited: Labels) -> Frame:
        shape = frame.image.shape
        weight = 1 - top_foreground_alpha(original, scaled(self.foreground_margin, shape))
        keep = _keep(frame.edit.codes(), original, self.strict) & _keep(frame.edit.codes(), edited, self.strict)
        if keep.any():
            weight = weight * (1 - alpha_from_distance(distance_to(~keep), scaled(self.margin, shape)))
        return hold_back(frame, 1 - weight)


def _with_beard_as_hair(frame: Frame, labels: Labels, beard: Floats | None) -> Labels:
    """Classes of a portrait, whose beard is hair for an edit of the hair's colour."""
    if not any((value := colour_value(move.name)) and value.recolours for move, _ in frame.edit.moves):
        return labels
    return np.where(beard_of(frame.portrait, labels, beard) > BEARD_SHARE, np.uint8(CelebAMask.HAIR), labels)


def keep_mask(labels: Labels, code: str, strict: bool = True) -> Mask | None:
    """Pixels that an edit of `code` must not change; None for a code without a rule.

    Without `strict` this is the public pipeline's rule for Sk, A, Se, Ch, B, Hc, Hs, Pn, Bn, N, Be and Bp, except that
    hair colour includes the brows. The other codes have no rule there.

    Args:
        labels: Classes 0..18, uint8 (H, W).
        code: Attribute code.
        strict: Whether `all_but` protects its parts, otherwise only the background, and regions may pass their edge.

    Returns:
        Boolean mask (H, W).
    """
    known = known_attributes()
    if code not in known:
        return None
    rule = known[code].segmentation
    region: Mask = _open_classes(code, rule, strict)[labels]
    if rule.grow:
        region = dilate(region, scaled(rule.grow, labels.shape))
    if rule.past_edge and strict:
        region |= dilate(region, scaled(rule.past_edge, labels.shape)) & (labels != CelebAMask.BACKGROUND)
    if rule.shift_down:
        region = shift_down(region, scaled(rule.shift_down, labels.shape))
    if rule.below_mouth:
        region &= _below_mouth(merge(labels))
    return ~region


@cache
def _open_classes(code: str, rule: Segmentation, strict: bool) -> Mask:
    """Classes (19,) that an edit of `code` may change, before its region is grown and shifted."""
    named = rule.parts if rule.parts is not None else rule.all_but or ()
    for part in named:
        if part not in CLASSES:
            raise BadConfig(
                f"The entry of an attribute is wrong in {code}.segmentation: "
                f"the part {part!r} of a face is unknown, choose from {', '.join(CLASSES)}."
            )
    if rule.parts is not None:
        return np.array([name in named for name in CLASSES])
    kept = ("background", *named) if strict else ("background",)
    return np.array([name not in kept for name in CLASSES])


def top_foreground_alpha(labels: Labels, margin: float) -> np.ndarray:
    """Weight (H, W) of the original where it shows hats or clothes in the upper half, growing over `margin` pixels."""
    top = merge(labels) == Group.FOREGROUND
    top[labels.shape[0] // 2 :] = False
    if not top.any():
        return np.zeros(labels.shape, np.float32)
    return alpha_from_distance(distance_to(~top), margin)


def _keep(codes: tuple[str, ...], labels: Labels, strict: bool) -> Mask:
    """Pixels protected by all codes; none if a code has no rule, or for an edit without codes."""
    keep = np.full(labels.shape, bool(codes))
    for code in codes:
        mask = keep_mask(labels, code, strict)
        if mask is None:
            return np.zeros(labels.shape, np.bool_)
        keep &= mask
    return keep


def _below_mouth(groups: Labels) -> Mask:
    """Rows below the mouth, or the lowest 30 % of an image without a mouth."""
    rows = np.flatnonzero((groups == Group.MOUTH).any(axis=1))
    first = rows[-1] + 1 if rows.size else round(0.7 * groups.shape[0])
    return np.broadcast_to(np.arange(groups.shape[0])[:, None] >= first, groups.shape)
