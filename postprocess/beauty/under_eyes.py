"""Lighter shadows under the eyes: what is darker there than the cheek comes nearer to it."""

import numpy as np

from pipeline.core.types import Floats, Image
from postprocess.beauty.regions import EYES, blurred, fading, in_box, part, towards
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask

BAND, BORDER, REACH = 4.0, 4.0, 90.0
"""Width of the shadows that are lightened, fading in from where the skin ends, and what around the eyes is looked at;
pixels at 512."""
LIFT, MOST = 0.8, 40.0
"""Share of the way to the cheek's brightness, and grey levels at most."""


def lighten_under_eyes(image: Image, labels: Labels, strength: float) -> Image:
    """The skin below the eyes of an RGB picture (H, W, 3) lighter by `strength` 0..1, its texture as it was."""

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
    """For an eye (H, W) the weight of the shadow under it, an ellipse that fades out, and the cheek below that."""
    rows, columns = np.nonzero(eye)
    if len(rows) < 4:
        return np.zeros(eye.shape, np.float32), eye
    width, middle, bottom = float(np.ptp(columns) + 1), float(columns.max() + columns.min()) / 2, float(rows.max())
    y, x = np.ogrid[: eye.shape[0], : eye.shape[1]]

    def ellipse(down: float, wide: float, high: float) -> Floats:
        away = np.square((x - middle) / (wide * width)) + np.square((y - bottom - down * width) / (high * width))
        return np.asarray(np.clip(1 - away, 0, 1), np.float32)

    return np.minimum(2 * np.square(ellipse(0.12, 0.75, 0.42)), 1), ellipse(0.95, 0.5, 0.4) > 0
