"""Layers of the overlays, computed by the nets in the render thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.editor.model.edit_state import EditState
from apps.editor.threads.render_context import RenderContext
from pipeline.core.types import Frame, Image, Portrait

PARTS = {
    "hair": (230, 159, 0),
    "eyes": (86, 180, 233),
    "nose": (240, 228, 66),
    "mouth": (213, 94, 0),
    "rest": (0, 158, 115),
    "foreground": (204, 121, 167),
    "background": (90, 90, 90),
}
"""Colours of the parsing groups: the palette of Okabe and Ito, distinct to colour-blind eyes."""


@dataclass(frozen=True, eq=False)
class Subject:
    """The settled picture on screen: the frame of an edit, or the portrait where `frame` is None."""

    portrait: Portrait
    edit_state: EditState
    frame: Frame | None

    @property
    def image(self) -> Image:
        """The picture, uint8 (H, W, 3)."""
        return self.frame.image if self.frame else self.portrait.image

    def computed(self, key: str, compute: Callable[[Image], Any]) -> Any:
        """Result of `compute` for the picture; a portrait's is cached in its maps under `key`, shared with blending."""
        portrait = self.portrait
        return compute(self.frame.image) if self.frame else portrait.maps.get(key, lambda: compute(portrait.image))


@dataclass(frozen=True, eq=False)
class Layer:
    """Colours and contours over a picture of H x W.

    Attributes:
        opacity: float32 (H, W) in 0..1; None where there is no edit to show.
        colours: uint8 (H, W, 3), or None for the canvas' colour.
        contours: Closed polygons (N, 2) of (x, y) in 0..1 of the picture's sides.
        parts: Names of the parts of the face in the picture.
    """

    opacity: Any = None
    colours: Any = None
    contours: list[Any] = field(default_factory=list)
    parts: tuple[str, ...] = ()


def support(context: RenderContext, subject: Subject) -> Layer:
    """Support of the edit after blending; the rest is covered."""
    if subject.frame is None:
        return Layer()
    return Layer(1 - subject.frame.support, contours=contours(subject.frame.support > 0))


def domain(context: RenderContext, subject: Subject) -> Layer:
    """Drawn domain of the moved attributes, and the fade of the edit outside it."""
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
    """Part of the face of each pixel."""
    from postprocess.labels import GROUPS, merge

    parser = context.models.parser
    groups = merge(subject.computed("labels", lambda image: parser.labels([image])[0]))
    palette = np.array([PARTS[name] for name in GROUPS], np.uint8)
    present = {GROUPS[index] for index in np.unique(groups)}
    lines = [line for index in np.unique(groups) for line in contours(groups == index)]
    opacity = np.full(groups.shape, 0.55, np.float32)
    return Layer(opacity, palette[groups], lines, tuple(name for name in PARTS if name in present))


def depth(context: RenderContext, subject: Subject) -> Layer:
    """Relative depth of each pixel, and the contour of what counts as the person: by the matte in a photograph."""
    from apps.editor.widgets.colour_map import cividis
    from postprocess.depth import foreground, matted

    models = context.models
    near = subject.computed("editor depth", lambda image: models.depth.inverse_depth([image])[0])
    person = matted(subject.image, subject.portrait, models)
    if person is None:
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
    """Outlines of a mask (H, W): polygons (N, 2) of (x, y) in 0..1 of its sides."""
    import cv2

    height, width = region.shape
    found, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [(line[:, 0] + 0.5) / (width, height) for line in found if len(line) > 2]
