"""Shadows under the eyes, lightened towards the brightness of the cheek."""

import numpy as np

from pipeline.core.types import Floats, Image
from postprocess.beauty.regions import EYES, blurred, fading, in_box, part, towards
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask

BAND, BORDER, REACH = 4.0, 4.0, 90.0
"""Sigma of the shadows, feathering at the border of the skin, margin around the eyes; pixels at 512."""
LIFT, MOST = 0.8, 40.0
"""Share of the difference to the cheek's brightness, and its limit in grey levels."""


def lighten_under_eyes(image: Image, labels: Labels, strength: float) -> Image:
    """Skin below the eyes of an RGB image (H, W, 3) lighter by `strength` 0..1, with its texture."""

    def retouch(image: Image, labels: Labels, size: float) -> Image:
        skin = part(labels, Lapa.SKIN)
        cover = skin.astype(np.float32)
        near = np.maximum(blurred(cover, BAND * size), 1e-3)
        low = blurred(image * cover[:, :, None], BAND * size) / near[:, :, None]
        lift = np.zeros_like(low)
        for label in EYES:
            shadow, cheek = _below(part(labels, label))
            if (skin & cheek).any():
                darker = np.clip(LIFT * (np.median(image[skin & cheek], axis=0) - low), 0, MOST)
                lift = np.maximum(lift, shadow[:, :, None] * darker.astype(np.float32))
        return towards(image, np.asarray(image + lift, np.float32), np.float32(strength) * fading(skin, BORDER * size))

    return in_box(image, labels, EYES, REACH, retouch)


def _below(eye: Mask) -> tuple[Floats, Mask]:
    """Weight of the shadow under an eye (H, W), a feathered ellipse, and the pixels of the cheek below it."""
    rows, columns = np.nonzero(eye)
    if len(rows) < 4:
        return np.zeros(eye.shape, np.float32), eye
    width, middle, bottom = float(np.ptp(columns) + 1), float(columns.max() + columns.min()) / 2, float(rows.max())
    y, x = np.ogrid[: eye.shape[0], : eye.shape[1]]

    def ellipse(down: float, wide: float, high: float) -> Floats:
        away = np.square((x - middle) / (wide * width)) + np.square((y - bottom - down * width) / (high * width))
        return np.asarray(np.clip(1 - away, 0, 1), np.float32)

    return np.minimum(2 * np.square(ellipse(0.12, 0.75, 0.42)), 1), ellipse(0.95, 0.5, 0.4) > 0
