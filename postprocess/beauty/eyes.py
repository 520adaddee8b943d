"""The parts of an eye: the iris in another colour, and a whiter white."""

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
"""Width in pixels of the eye in which an iris is looked for."""
RADII = tuple(np.linspace(0.17, 0.29, 7))
"""Of an iris, shares of the eye's width."""
FLAT = 24.0
"""Grey levels between dark and bright part below which an eye is closed."""
BORDER, GLINT = 1.5, 0.6
"""Fading in, pixels at 512; and how far up from the dark to the bright part of the eye a reflection begins."""
WHITER, BRIGHTER = 0.6, 0.12
"""Share of the white's colour that goes, and of the way to white that it comes nearer."""


@dataclass(frozen=True)
class Eye:
    """One eye. region: (H, W) · x, y, radius: of the iris, pixels · dark, bright: grey levels of its two parts."""

    region: Mask
    x: float
    y: float
    radius: float
    dark: float
    bright: float

    def disc(self, growth: float, edge: float) -> Floats:
        """The iris (H, W), its radius grown by pixels, 1 inside and fading over `edge` pixels; 0 outside the eye."""
        y, x = np.ogrid[: self.region.shape[0], : self.region.shape[1]]
        away = np.hypot(x - self.x, y - self.y).astype(np.float32)
        end = self.radius + growth
        return np.asarray(self.region * ramp(away, end + edge / 2, end - edge / 2), np.float32)


def colour_iris(image: Image, labels: Labels, strength: float, colour: Colour) -> Image:
    """Irises of an RGB picture (H, W, 3) in a colour, by `strength` 0..1; pupils and reflections stay."""

    def retouch(image: Image, eye: Eye, size: float) -> Image:
        weight = iris(image, eye, size)
        return towards(image, coloured(image, weight, colour), np.float32(strength) * weight)

    return _each_eye(image, labels, retouch)


def whiten_eyes(image: Image, labels: Labels, strength: float) -> Image:
    """The white of the eyes of an RGB picture (H, W, 3) whiter by `strength` 0..1."""

    def retouch(image: Image, eye: Eye, size: float) -> Image:
        return towards(image, whitened(image, WHITER, BRIGHTER), np.float32(strength) * white(image, eye, size))

    return _each_eye(image, labels, retouch)


def _each_eye(image: Image, labels: Labels, retouch: Callable[[Image, Eye, float], Image]) -> Image:
    """The picture with each open eye changed by `retouch`, in a box of its own."""

    def one(image: Image, labels: Labels, size: float, label: int) -> Image:
        eye = find_eye(image, labels == label)
        return image if eye is None else retouch(image, eye, size)

    for label in EYES:
        image = in_box(image, labels, (label,), 2, partial(one, label=label))
    return image


def iris(image: Image, eye: Eye, size: float) -> Floats:
    """Weight (H, W) of the iris and pupil, without reflections; `size`: see `unit`."""
    glint = eye.dark + GLINT * (eye.bright - eye.dark)
    dull = ramp(luma(image), eye.bright, glint)
    # Half a pixel more: on its border lies what is only partly iris, but dark enough for its old colour to show.
    return np.asarray(eye.disc(0.5, max(BORDER * size, 1.0)) * dull, np.float32)


def white(image: Image, eye: Eye, size: float) -> Floats:
    """Weight (H, W) of the white: the bright part of the eye around its iris; `size`: see `unit`."""
    edge = max(BORDER * size, 1.0)
    middle = (eye.dark + eye.bright) / 2
    bright = ramp(luma(image), middle, eye.bright)
    return np.asarray(fading(eye.region, 2 * edge) * (1 - eye.disc(edge, edge)) * bright * eye.region, np.float32)


def find_eye(image: Image, region: Mask) -> Eye | None:
    """The eye that covers `region` (H, W) of an RGB picture, by Otsu's method (1979); none if it is closed."""
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
    """Centre and radius of the disc that, cut off by the lids, agrees best with the dark part of an eye (H, W)."""
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
