"""Layers of the overlays, computed by the nets in the render thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.editor.model.edit_state import EditState
from pipeline.core.types import Frame, Image, Portrait

if TYPE_CHECKING:
    from apps.editor.threads.render_context import RenderContext

PARTS = {
    "hair": (230, 159, 0),
    "eyes": (86, 180, 233),
    "nose": (240, 228, 66),
    "mouth": (213, 94, 0),
    "rest": (0, 158, 115),
    "foreground": (204, 121, 167),
    "background": (90, 90, 90),
}
"""Groups of the parsing in Okabe and Ito's colours."""


@dataclass(frozen=True, eq=False)
class Subject:
    """The picture on screen: the frame of an edit, or the portrait alone."""

    portrait: Portrait
    edit_state: EditState
    frame: Frame | None

    def computed(self, key: str, compute: Callable[[Image], Any]) -> Any:
        """`compute` of the picture; for the portrait itself cached under `key`, which blending shares."""
        portrait = self.portrait
        return compute(self.frame.image) if self.frame else portrait.maps.get(key, lambda: compute(portrait.image))


@dataclass(frozen=True, eq=False)
class Layer:
    """What is painted over a picture of H x W.

    Attributes:
        veil: Opacity, float32 (H, W) in 0..1.
        colours: uint8 (H, W, 3), or None for the canvas' colour.
        contours: Closed lines in shares of the picture's sides, each (N, 2).
        parts: Parts of the face in the picture.
    """

    veil: Any = None
    colours: Any = None
    contours: list[Any] = field(default_factory=list)
    parts: tuple[str, ...] = ()


def support(context: RenderContext, subject: Subject) -> Layer:
    """Where blending lets the edit differ from the portrait; covered where it does not."""
    if subject.frame is None:
        return Layer()
    found = subject.frame.support
    return Layer(1 - found, contours=contours(found > 0))


def domain(context: RenderContext, subject: Subject) -> Layer:
    """The drawn domain of the attributes that are moved, and how an edit fades outside of it."""
    if subject.frame is None:
        return Layer()
    from postprocess.domains import domain_distance
    from postprocess.masks import alpha_from_distance, scaled

    height, width = subject.portrait.image.shape[:2]
    distance = domain_distance(subject.frame.edit.codes(), height, width)
    settings = context.settings(subject.edit_state).get("domain_mixup")
    margin = scaled(settings.margin, (height, width)) if settings is not None else 0.0
    return Layer(alpha_from_distance(distance, margin), contours=contours(distance == 0))


def parsing(context: RenderContext, subject: Subject) -> Layer:
    """Which part of the face a pixel belongs to."""
    from postprocess.labels import GROUPS, merge

    parser = context.models.parser
    groups = merge(subject.computed("labels", lambda image: parser.labels([image])[0]))
    palette = np.array([PARTS[name] for name in GROUPS], np.uint8)
    seen = {GROUPS[index] for index in np.unique(groups)}
    lines = [line for index in np.unique(groups) for line in contours(groups == index)]
    veil = np.full(groups.shape, 0.55, np.float32)
    return Layer(veil, palette[groups], lines, tuple(name for name in PARTS if name in seen))


def depth(context: RenderContext, subject: Subject) -> Layer:
    """How near a pixel is, and a line around what counts as the person."""
    from apps.editor.widgets.colour_map import cividis
    from postprocess.depth import foreground

    estimator = context.models.depth
    near = subject.computed("editor depth", lambda image: estimator.inverse_depth([image])[0])
    settings = context.settings(subject.edit_state).get("depth_segmentation")
    person = foreground(near, settings.rule) if settings is not None else foreground(near)
    low, high = float(near.min()), float(near.max())
    level = np.rint(255 * (near - low) / max(high - low, 1e-12)).astype(np.uint8)
    return Layer(np.full(near.shape, 0.8, np.float32), cividis()[level], contours(person))


LAYERS: Mapping[str, Callable[[RenderContext, Subject], Layer]] = {
    "domain": domain,
    "parsing": parsing,
    "depth": depth,
    "support": support,
}


def contours(region: Any) -> list[Any]:
    """Outlines of a mask (H, W) in shares of its sides, each (N, 2); what touches the border has none there."""
    import cv2

    height, width = region.shape
    found, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [(line[:, 0] + 0.5) / (width, height) for line in found if len(line) > 2]
