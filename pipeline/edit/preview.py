"""Fast previews: the portrait plus the difference that a sub-generator renders between edited and original latent;
photographs, and edits of the age and curls, with the portrait's own pixels, as the finished picture has them.

A sub-generator's own image is a blurred, different face; the difference between two of its images is close to the full
generator's, and zero without an edit. A generator that is not elastic has no thin sub-generators; there the image is
the sum of its coarse layers, whose difference serves as well.

The latest full-quality image, the anchor, corrects the previews: fully at its own edit, less the closer an edit is to
the original. The image therefore does not jump when the user grabs a slider again.
"""

from dataclasses import dataclass, field

import numpy as np

from pipeline.core.images import resize
from pipeline.core.types import Edit, Floats, Image, Maps, Portrait
from pipeline.edit.preview_level import Level
from pipeline.models import Models
from postprocess.labels import Labels
from postprocess.own_pixels.edited import divided, edited

LARGEST = 512
"""Largest side of a preview in pixels; it is shown for 1/30 s only."""


@dataclass(frozen=True, eq=False)
class Anchor:
    """Full-quality image of an edit.

    Attributes:
        image: uint8 (H, W, 3).
        maps: Cache of its corrections by level.
    """

    edit: Edit
    image: Image
    maps: Maps = field(default_factory=Maps, repr=False)

    def share(self, displacement: Floats) -> float:
        """Projection of another displacement onto this one, clipped to 0..1."""
        own = self.edit.displacement()
        along = float(np.vdot(displacement, own) / np.vdot(own, own))
        return min(max(along, 0.0), 1.0)


def preview(
    portrait: Portrait, edit: Edit, models: Models, level: Level, anchor: Anchor | None = None, motion: float = 1.0
) -> Image:
    """Preview of an edit.

    Args:
        level: Sub-generator to render with.
        anchor: Latest full-quality image, by which the preview is corrected, or None.
        motion: As in the settings of the step `carry_over`; 0 without that step.

    Returns:
        uint8 (S, S, 3), S <= LARGEST.
    """
    import cv2

    shown = _shown(portrait, edit, models, level, motion)
    if anchor is not None:
        error = _error(portrait, anchor, models, level, motion)
        shown = cv2.scaleAdd(error, anchor.share(edit.displacement()), shown)
    return np.asarray(np.clip(np.rint(shown), 0, 255), np.uint8)


def prepare(
    portrait: Portrait, models: Models, level: Level, anchor: Anchor | None = None, motion: float = 1.0
) -> None:
    """Compute and cache the data that all previews of a portrait at a level share."""
    _original(portrait)
    _rendered_original(portrait, models, level)
    if anchor is not None:
        _error(portrait, anchor, models, level, motion)


def _shown(portrait: Portrait, edit: Edit, models: Models, level: Level, motion: float) -> Floats:
    """Uncorrected preview in grey levels, float32 (S, S, 3); not rounded unless the portrait's own pixels move."""
    own, others = Edit(edit.name, ()), edit
    if motion:
        own, others = divided(edit, portrait, models, lambda: _labels(portrait, models))
    before = _original(portrait)
    if others.moves:
        before = before + _change(portrait, others.displacement(), models, level)
    if not own.moves:
        return before
    image = np.asarray(np.clip(np.rint(before), 0, 255), np.uint8)
    return edited(image, _labels(portrait, models), own, portrait, models, motion)[0].astype(np.float32)


def _labels(portrait: Portrait, models: Models) -> Labels:
    """Classes of the portrait at the size of its previews."""
    import cv2

    from postprocess.parsing import portrait_labels  # imports torch

    labels, side = portrait_labels(portrait, models.parser), len(_original(portrait))
    return np.asarray(cv2.resize(labels, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def _original(portrait: Portrait) -> Floats:
    side = min(portrait.image.shape[0], LARGEST)
    return portrait.maps.get(f"preview {side}", lambda: resize(portrait.image, side).astype(np.float32))


def _rendered_original(portrait: Portrait, models: Models, level: Level) -> Floats:
    assert portrait.latent is not None
    latent = portrait.latent
    return portrait.maps.get(f"preview {level}", lambda: _render(portrait, latent, models, level))


def _change(portrait: Portrait, displacement: Floats, models: Models, level: Level) -> Floats:
    """Difference of a preview from its portrait in grey levels, float32 (S, S, 3)."""
    import cv2

    assert portrait.latent is not None
    rendered = _render(portrait, portrait.latent + displacement, models, level)
    size = _original(portrait).shape[1::-1]
    return np.asarray(
        cv2.resize(rendered - _rendered_original(portrait, models, level), size, interpolation=cv2.INTER_LINEAR)
    )


def _error(portrait: Portrait, anchor: Anchor, models: Models, level: Level, motion: float) -> Floats:
    """The anchor's image minus the preview of its edit, float32 (S, S, 3)."""

    def compute() -> Floats:
        shown = _shown(portrait, anchor.edit, models, level, motion)
        return np.asarray(resize(anchor.image, len(shown)) - shown, np.float32)

    return anchor.maps.get(f"{level} {motion}", compute)


def _render(portrait: Portrait, latent: Floats, models: Models, level: Level) -> Floats:
    """The net's image at a level, float32 (R, R, 3): unclipped grey levels, used for differences only."""
    import torch

    generator, threads = portrait.own(models.generator), torch.get_num_threads()
    if generator.elastic:
        # Thin layers gain nothing from a second thread, and wait for it while another program occupies its core.
        torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            w = torch.from_numpy(np.array(latent[None])).to(generator.device)
            resolution = level.resolution or generator.resolution
            rendered = generator.forward(w, ratio=float(level.ratio), resolution=resolution)[0]
            return np.ascontiguousarray((rendered.float() * 127.5).permute(1, 2, 0).cpu().numpy())
    finally:
        torch.set_num_threads(threads)
