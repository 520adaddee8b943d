"""Recoloured lips and whiter teeth."""

import numpy as np

from pipeline.core.colours import luma
from pipeline.core.types import Floats, Image
from postprocess.beauty.colour import Colour, coloured, whitened
from postprocess.beauty.regions import LIPS, blurred, box_around, fading, in_box, part, ramp, towards
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask, dilate

SPECKS, BORDER = 2.0, 1.5
"""Radius of the opening that removes specks, and feathering; pixels at 512."""
AT_EDGE, AT_GAP, FINE = 0.05, 0.03, 0.01
"""In widths of a mouth: how far its outline and its gap may be wrong; sigma of the blur before colours are compared."""
DARK, PALE, LEAST_TEETH = 0.7, 0.8, 0.1
"""Lightness of the dark and chroma of the teeth between lips, in those of the lips; least share of teeth in a gap."""
WHITER, BRIGHTER = 0.6, 0.10
"""Shares by which the colour of the teeth is reduced and their lightness moved to white."""


def colour_lips(image: Image, labels: Labels, strength: float, colour: Colour, exact: bool = False) -> Image:
    """Lips of an RGB image (H, W, 3) in a colour, by `strength` 0..1; light and texture stay.

    Args:
        exact: Whether the labels tell lips from teeth, as `lips_within` does; otherwise colours do.
    """

    def retouch(image: Image, labels: Labels, size: float) -> Image:
        weight = lips(image, labels, size, exact)
        return towards(image, coloured(image, weight, colour), np.float32(strength) * weight)

    return in_box(image, labels, (*LIPS, Lapa.MOUTH), 4, retouch)


def lips(image: Image, labels: Labels, size: float, exact: bool = False) -> Floats:
    """Weight (H, W) of the lips: the opened classes of the mouth without teeth and dark gaps; `size`: see `unit`."""
    import cv2

    side = 2 * round(SPECKS * size) + 1
    whole = part(labels, *LIPS, Lapa.MOUTH).astype(np.uint8)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    certain = part(labels, *LIPS)
    region = (whole > 0) & (certain | (part(labels, Lapa.MOUTH) & (not exact) & _like(image, certain)))
    return fading(region, max(BORDER * size, 1.0))


def lips_within(image: Image, mouth: Mask, gap: Mask) -> Mask:
    """Lips (H, W) of a mouth whose outline and gap are known within a few pixels, in an RGB image (H, W, 3).

    Near the outline and the gap a pixel that clearly has another colour goes where that belongs: to the lips, the skin
    around them or the teeth. What is dark in the gap is no lip.
    """
    width = width_of(mouth)
    lips = mouth & ~gap
    if (box := box_around(mouth, 3 * AT_EDGE * width)) is not None:
        lips[box] = _by_colour(np.ascontiguousarray(image[box]), mouth[box], gap[box], width)
    return lips


def _by_colour(image: Image, mouth: Mask, gap: Mask, width: float) -> Mask:
    import cv2

    core = mouth & ~dilate(gap, AT_GAP * width)
    skin = ~dilate(mouth, AT_EDGE * width)
    if not core.any() or not skin.any():
        return mouth & ~gap
    lab = cv2.cvtColor(blurred(image.astype(np.float32) / np.float32(255), FINE * width), cv2.COLOR_RGB2LAB)
    lip = np.median(lab[core], axis=0)

    def away(place: Mask) -> Floats:
        return np.asarray(np.linalg.norm(lab - np.median(lab[place], axis=0), axis=2), np.float32)

    to_lip = away(core)
    lips = mouth | (dilate(mouth, AT_EDGE * width) & (2 * to_lip < away(skin)))
    lips = blurred(lips.astype(np.float32), AT_GAP * width) > 0.5
    lips &= ~(gap & (lab[:, :, 0] < DARK * lip[0]))
    pale = gap & (lab[:, :, 0] > lip[0]) & (np.hypot(lab[:, :, 1], lab[:, :, 2]) < PALE * np.hypot(*lip[1:]))
    if pale.any() and pale.sum() >= LEAST_TEETH * gap.sum():
        to_tooth = away(pale)
        lips &= np.where(gap, 2 * to_lip < to_tooth, ~dilate(gap, AT_GAP * width) | (to_lip < 2 * to_tooth))
    return np.asarray(lips)


def width_of(region: Mask) -> float:
    """Width of a region (H, W), pixels."""
    columns = np.flatnonzero(region.any(axis=0))
    return float(np.ptp(columns)) if len(columns) else 0.0


def whiten_teeth(image: Image, labels: Labels, strength: float) -> Image:
    """Teeth of an RGB image (H, W, 3) whiter by `strength` 0..1: the bright, pale pixels of the mouth."""

    def retouch(image: Image, labels: Labels, _: float) -> Image:
        target = whitened(image, WHITER, BRIGHTER)
        return towards(image, target, np.float32(strength) * teeth(image, labels))

    return in_box(image, labels, (Lapa.MOUTH,), 0, retouch)


def teeth(image: Image, labels: Labels) -> Floats:
    """Weight (H, W) of the teeth."""
    import cv2

    mouth = part(labels, Lapa.MOUTH)
    _, saturation, value = cv2.split(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    weight = ramp(saturation, 0.45, 0.25) * ramp(value, 0.35, 0.55)
    return np.asarray(np.where(mouth, weight, 0), np.float32)


def _like(image: Image, lips: Mask) -> Mask:
    """Pixels at least about as red and as bright as the lips."""
    if not lips.any():
        return np.zeros_like(lips)
    bright = luma(image)
    redness = image[:, :, 0].astype(np.float32) - bright
    red = float(np.median(redness[lips]))
    return (redness > 0.7 * red) & (bright > 0.7 * float(np.median(bright[lips]))) & (red > 4)
