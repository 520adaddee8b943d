"""Pictures for while a slider moves: not what the generator draws, but the portrait and the difference it draws.

A small sub-generator's own picture would be another, blurred person; the difference between two of its pictures is good
enough, and none at all where nothing moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from apps.editor.tempo import Level

if TYPE_CHECKING:
    from pipeline.core.types import Edit, Image, Portrait
    from pipeline.models import Models

LARGEST = 512
"""Side in pixels beyond which a preview is not drawn: it is looked at for a thirtieth of a second."""


def preview(portrait: Portrait, edit: Edit, models: Models, level: Level) -> Image:
    """Portrait plus the difference that `edit` makes to the sub-generator's picture, uint8 (S, S, 3), S <= LARGEST."""
    import cv2

    from pipeline.core.images import resize

    latent = portrait.latent
    assert latent is not None
    generator = portrait.own(models.generator)

    def draw(w: np.ndarray) -> Image:
        return generator.render(np.array([w]), ratio=level.ratio, resolution=level.resolution)[0]

    side = min(portrait.image.shape[0], LARGEST)
    original = portrait.maps.get(f"preview {side}", lambda: resize(portrait.image, side).astype(np.int16))
    before = portrait.maps.get(f"preview {level}", lambda: draw(latent).astype(np.int16))
    difference = draw(latent + edit.displacement()) - before
    grown = cv2.resize(difference, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(original + grown, 0, 255).astype(np.uint8)
