"""Pictures for while a slider moves: not what the generator draws, but the difference it draws to what is known.

A small sub-generator's own picture would be another, blurred person; the difference between two of its pictures is good
enough, and none at all where nothing moves. A generator that is not elastic has no thin sub-generators. What its coarse
layers add up to is no picture, but here too the difference will do, and it is there at once; frames rendered ahead
along the slider would be exact, but on a processor the first two of a thousand pixels take seconds.

The newest picture in full, the anchor, puts right what previews get wrong: all of it where that picture was drawn, less
the nearer the slider comes to where it started. So nothing jumps when a slider is taken again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.types import Maps
from pipeline.edit.preview_level import Level

if TYPE_CHECKING:
    from pipeline.core.types import Edit, Floats, Image, Portrait
    from pipeline.models import Models

LARGEST = 512
"""Side in pixels beyond which a preview is not drawn: it is looked at for a thirtieth of a second."""


@dataclass(frozen=True, eq=False)
class Anchor:
    """An edit's picture in full, uint8 (H, W, 3), and how far it moved the latent, (n_style, dim)."""

    displacement: Floats
    image: Image
    maps: Maps = field(default_factory=Maps, repr=False)

    def share(self, displacement: Floats) -> float:
        """How far another edit goes the same way: 0 not at all, 1 as far or farther."""
        along = float(np.vdot(displacement, self.displacement) / np.vdot(self.displacement, self.displacement))
        return min(max(along, 0.0), 1.0)


def preview(portrait: Portrait, edit: Edit, models: Models, level: Level, anchor: Anchor | None = None) -> Image:
    """Portrait plus the difference that `edit` makes to what `level` draws, uint8 (S, S, 3), S <= LARGEST."""
    import cv2

    change = _change(portrait, edit.displacement(), models, level)
    if anchor is not None:
        change = cv2.scaleAdd(_error(portrait, anchor, models, level), anchor.share(edit.displacement()), change)
    return np.asarray(cv2.add(_original(portrait), change, dtype=cv2.CV_8U), np.uint8)


def prepare(portrait: Portrait, models: Models, level: Level, anchor: Anchor | None = None) -> None:
    """Compute what every preview of a portrait at a level needs; twice costs nothing."""
    _original(portrait)
    _before(portrait, models, level)
    if anchor is not None:
        _error(portrait, anchor, models, level)


def _original(portrait: Portrait) -> Floats:
    from pipeline.core.images import resize

    side = min(portrait.image.shape[0], LARGEST)
    return portrait.maps.get(f"preview {side}", lambda: resize(portrait.image, side).astype(np.float32))


def _before(portrait: Portrait, models: Models, level: Level) -> Floats:
    assert portrait.latent is not None
    latent = portrait.latent
    return portrait.maps.get(f"preview {level}", lambda: _draw(portrait, latent, models, level))


def _change(portrait: Portrait, displacement: Floats, models: Models, level: Level) -> Floats:
    """By how many grey levels a preview differs from its portrait, (S, S, 3)."""
    import cv2

    assert portrait.latent is not None
    drawn = _draw(portrait, portrait.latent + displacement, models, level)
    size = _original(portrait).shape[1::-1]
    return np.asarray(cv2.resize(drawn - _before(portrait, models, level), size, interpolation=cv2.INTER_LINEAR))


def _error(portrait: Portrait, anchor: Anchor, models: Models, level: Level) -> Floats:
    """What has to be added to the preview of the anchor's edit to make it the anchor's picture, (S, S, 3)."""
    from pipeline.core.images import resize

    def compute() -> Floats:
        original = _original(portrait)
        wrong = original + _change(portrait, anchor.displacement, models, level)
        return np.asarray(resize(anchor.image, len(original)) - wrong, np.float32)

    return anchor.maps.get(str(level), compute)


def _draw(portrait: Portrait, latent: Floats, models: Models, level: Level) -> Floats:
    """What the net draws up to a level, (R, R, 3), in grey levels without bounds: only differences mean anything."""
    import torch

    generator, threads = portrait.own(models.generator), torch.get_num_threads()
    if generator.elastic:
        # Thin layers gain nothing from a second thread, and wait for it while the window or a program has its core.
        torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            w = torch.from_numpy(np.array(latent[None])).to(generator.device)
            drawn = generator.net(w, ratio=level.ratio, target_res=level.resolution)[0]
            return np.ascontiguousarray((drawn.float() * 127.5).permute(1, 2, 0).cpu().numpy())
    finally:
        torch.set_num_threads(threads)
