"""Recoloured irises and whiter eyes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.core.colours import luma
from pipeline.core.types import Floats, Image
from postprocess.beauty.colour import Colour, coloured, whitened
from postprocess.beauty.regions import EYES, fading, in_box, ramp, towards
from postprocess.labels import Labels
from postprocess.masks import Mask

FITTED = 48
"""Width in pixels of the eye for the search of the iris."""
RADII = tuple(np.linspace(0.17, 0.29, 7))
"""Radii of an iris, shares of the eye's width."""
FLAT = 24.0
"""Difference of dark and bright part, in grey levels, below which an eye is closed."""
BORDER, GLINT = 1.5, 0.6
"""Feathering, pixels at 512; brightness of a reflection from the dark (0) to the bright (1) part of the eye."""
WHITER, BRIGHTER = 0.6, 0.12
"""Shares by which the colour of the white is reduced and its lightness moved to white."""


@dataclass(frozen=True)
class Eye:
    """One eye.

    Attributes:
        region: Pixels of the eye (H, W).
        x, y, radius: Iris in pixels.
        dark, bright: Mean grey levels of iris and white.
    """

    region: Mask
    x: float
    y: float
    radius: float
    dark: float
    bright: float

    def disc(self, growth: float, edge: float) -> Floats:
        """Iris (H, W) with its radius grown in pixels: 1 inside, feathered over `edge` pixels, 0 outside the eye."""
        y, x = np.ogrid[: self.region.shape[0], : self.region.shape[1]]
        away = np.hypot(x - self.x, y - self.y).astype(np.float32)
        end = self.radius + growth
        return np.asarray(self.region * ramp(away, end + edge / 2, end - edge / 2), np.float32)


def colour_iris(image: Image, labels: Labels, strength: float, colour: Colour) -> Image:
    """Irises of an RGB image (H, W, 3) in a colour, by `strength` 0..1; pupils and reflections stay."""
    return _each_eye(image, labels, strength, iris, lambda image, weight: coloured(image, weight, colour))


def whiten_eyes(image: Image, labels: Labels, strength: float) -> Image:
    """Eyes of an RGB image (H, W, 3) whiter by `strength` 0..1."""
    return _each_eye(image, labels, strength, white, lambda image, _: whitened(image, WHITER, BRIGHTER))


def _each_eye(
    image: Image,
    labels: Labels,
    strength: float,
    weigh: Callable[[Image, Eye, float], Floats],
    recolour: Callable[[Image, Floats], Floats],
) -> Image:
    def retouch(image: Image, labels: Labels, size: float, label: int) -> Image:
        if (eye := find_eye(image, labels == label)) is None:
            return image
        weight = weigh(image, eye, size)
        return towards(image, recolour(image, weight), np.float32(strength) * weight)

    for label in EYES:
        image = in_box(image, labels, (label,), 2, partial(retouch, label=label))
    return image


def iris(image: Image, eye: Eye, size: float) -> Floats:
    """Weight (H, W) of the iris and pupil, without reflections; `size`: see `unit`."""
    glint = eye.dark + GLINT * (eye.bright - eye.dark)
    dull = ramp(luma(image), eye.bright, glint)
    # Half a pixel more: pixels on the border are partly iris and would keep its old colour.
    return np.asarray(eye.disc(0.5, max(BORDER * size, 1.0)) * dull, np.float32)


def white(image: Image, eye: Eye, size: float) -> Floats:
    """Weight (H, W) of the white: the bright part of the eye around its iris; `size`: see `unit`."""
    edge = max(BORDER * size, 1.0)
    bright = ramp(luma(image), (eye.dark + eye.bright) / 2, eye.bright)
    return np.asarray(fading(eye.region, 2 * edge) * (1 - eye.disc(edge, edge)) * bright * eye.region, np.float32)


def find_eye(image: Image, region: Mask) -> Eye | None:
    """Eye in `region` (H, W) of an RGB image, by Otsu's method (1979); None if closed."""
    import cv2

    if region.sum() < 12:
        return None
    values = luma(image)[region]
    threshold, _ = cv2.threshold(np.rint(values).astype(np.uint8)[None], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    low, high = values <= threshold, values > threshold
    if not low.any() or not high.any():
        return None
    dark, bright = float(values[low].mean()), float(values[high].mean())
    if bright - dark < FLAT:
        return None
    rows, columns = np.nonzero(region)
    top, left = rows.min(), columns.min()
    box = np.s_[top : rows.max() + 1, left : columns.max() + 1]
    x, y, radius = _fit((luma(image[box]) <= threshold) & region[box], region[box])
    return Eye(region, left + x, top + y, radius, dark, bright)


def _fit(dark: Mask, region: Mask) -> tuple[float, float, float]:
    """Centre and radius of the disc whose visible part has the highest IoU with the dark part of an eye (H, W)."""
    import cv2

    width = region.shape[1]
    scale = min(FITTED / width, 1.0)
    small = [
        cv2.resize(each.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for each in (dark, region)
    ]
    share = small[0].shape[1] / width
    best = -1.0, 0.0, 0.0, 0.0
    for radius in RADII:
        reach = max(radius * width * share, 1.0)
        ends = np.arange(-int(reach + 1), int(reach + 1) + 1)
        disc = np.clip(reach + 0.5 - np.hypot(*np.meshgrid(ends, ends)), 0, 1).astype(np.float32)
        both, visible = (cv2.filter2D(each, -1, disc, borderType=cv2.BORDER_CONSTANT) for each in small)
        likeness = both / (small[0].sum() + visible - both + 1e-6)
        y, x = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[y, x] > best[0]:
            best = float(likeness[y, x]), (float(x) + 0.5) / share - 0.5, (float(y) + 0.5) / share - 0.5, radius * width
    return best[1:]
