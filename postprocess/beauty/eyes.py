"""Recoloured irises and whiter eyes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.colours import luma
from pipeline.core.types import Floats, Image
from postprocess.beauty.colour import Colour, coloured, whitened
from postprocess.beauty.regions import EYES, box_around, fading, ramp, towards, unit
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
class Iris:
    """An iris: its centre and radius, pixels."""

    x: float
    y: float
    radius: float


Irises = Mapping[int, Iris]
"""Irises of an image by the label of their eye."""


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


def colour_iris(image: Image, labels: Labels, strength: float, colour: Colour, irises: Irises | None = None) -> Image:
    """Irises of an RGB image (H, W, 3) in a colour, by `strength` 0..1; pupils and reflections stay.

    Args:
        irises: Those to change; None: those that `find_eye` finds.
    """
    eyes = EYES if irises is None else tuple(irises)
    return _each_eye(image, labels, eyes, irises, strength, iris, lambda image, weight: coloured(image, weight, colour))


def whiten_eyes(image: Image, labels: Labels, strength: float, irises: Irises | None = None) -> Image:
    """Eyes of an RGB image (H, W, 3) whiter by `strength` 0..1; irises that are not given are found by `find_eye`."""
    return _each_eye(image, labels, EYES, irises, strength, white, lambda image, _: whitened(image, WHITER, BRIGHTER))


def _each_eye(
    image: Image,
    labels: Labels,
    eyes: Sequence[int],
    irises: Irises | None,
    strength: float,
    weigh: Callable[[Image, Eye, float], Floats],
    recolour: Callable[[Image, Floats], Floats],
) -> Image:
    size, changed = unit(labels), image.copy()
    for label in eyes:
        whole = labels == label
        if (box := box_around(whole, 2 * size)) is None:
            continue
        place, region = np.ascontiguousarray(changed[box]), whole[box]
        if known := (irises or {}).get(label):
            eye = eye_around(place, region, Iris(known.x - box[1].start, known.y - box[0].start, known.radius))
        else:
            eye = find_eye(place, region)
        if eye is not None:
            weight = weigh(place, eye, size)
            changed[box] = towards(place, recolour(place, weight), np.float32(strength) * weight)
    return changed


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


def eye_around(image: Image, region: Mask, known: Iris) -> Eye | None:
    """Eye in `region` (H, W) of an RGB image whose iris is known; None if closed or covered.

    Its levels are quartiles: the upper one of what is around the iris, since lids and lashes shade that.
    """
    y, x = np.ogrid[: region.shape[0], : region.shape[1]]
    inside = np.hypot(x - known.x, y - known.y) <= known.radius
    low, high = region & inside, region & ~inside
    if not low.any() or not high.any():
        return None
    grey = luma(image)
    dark, bright = float(np.quantile(grey[low], 0.25)), float(np.quantile(grey[high], 0.75))
    return Eye(region, known.x, known.y, known.radius, dark, bright) if bright - dark >= FLAT else None


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
