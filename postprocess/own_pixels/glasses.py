"""Glasses of photographs, drawn around the parsed eyes in a form that rendered people wear."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats, Image
from postprocess.labels import BROWS, EYES, CelebAMask, Labels
from postprocess.masks import Mask, scaled
from postprocess.sharpness import softness

Places = NDArray[np.floating]
LEAST = 8e-5
"""Share of the picture from which an eye counts as seen."""
WIDE, HIGH, BELOW, POWER = 0.74, 0.54, 0.12, 3.2
"""Half width and half height of a lens and its place below the eye, in halves of the eyes' distance; its exponent."""
THICK, THIN = 0.085, 0.6
"""Thickness of the frame, in halves of the eyes' distance, and of its lower half, as a share of it."""
BRIDGE, HINGE = (0.19, 0.16), 0.3
"""Height of the bridge above the lenses' middle and of its arch, and of the hinges; the same unit."""
TEMPLE = 2.2
"""Length of a temple in the same unit; hair and ears hide its end."""
TURN, ROOT = 0.8, 0.25
"""How much narrower the farther lens is, and how far the bridge moves, per shift of the nose in the eyes' distance."""
SHADE, SHADE_BELOW, SHADE_WIDTH = 0.25, 0.12, 0.06
"""Darkening by the frame's shadow, its place below the frame and its softness in halves of the eyes' distance."""
GLARE = 0.04
"""Share of white in the lenses."""
SOFT = (0.3, 1.5)
"""Deviation of the frame's edge in a sharp and in a blurred picture, pixels at 256."""
FINE = 4
"""Pixels that are drawn for each of the picture, across and down."""
SEEN = 0.01
"""Cover below which the picture stays as it is."""
BRIGHT, DARKEST, BLACKEST = 45.0, 0.05, 0.13
"""Light on the frame's upper edge in grey levels, quantile of brows, eyes and hair that is as dark as the frame, and
least grey level of a frame as a share of the skin's."""
DARK = (*BROWS, *EYES, CelebAMask.HAIR)
SKIN = (CelebAMask.SKIN, CelebAMask.NOSE)


@dataclass(frozen=True, eq=False)
class Frame:
    """Lines of glasses in a picture, pixels.

    Attributes:
        lenses: Closed outlines (k, 2).
        rods: Bridge and temples, (k, 2).
        half: Half of the eyes' distance.
    """

    lenses: tuple[Floats, Floats]
    rods: tuple[Floats, Floats, Floats]
    half: float


def fitted(labels: Labels) -> Frame | None:
    """Glasses on a face of classes (S, S); None where an eye or the nose is not seen."""
    places = []
    for part in (*EYES, CelebAMask.NOSE):
        y, x = np.nonzero(labels == part)
        if len(x) < LEAST * labels.size:
            return None
        places.append(np.array([x.mean(), y.mean()]))
    left, right = sorted(places[:2], key=lambda place: float(place[0]))
    distance = float(np.hypot(*(right - left)))
    if distance < 0.08 * len(labels):
        return None
    along, half, middle = (right - left) / distance, distance / 2, (left + right) / 2
    down = np.array([-along[1], along[0]])
    turn = float((places[2] - middle) @ along) / distance
    widths = [half * WIDE * float(np.clip(1 + sign * TURN * turn, 0.75, 1.25)) for sign in (1, -1)]
    root = middle + down * half * BELOW + along * ROOT * turn * distance

    def points(centre: Places, x: Places, y: Places) -> Floats:
        return np.asarray(centre + x[:, None] * along + y[:, None] * down, np.float32)

    t = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    across, up = (np.sign(each) * np.abs(each) ** (2 / POWER) for each in (np.cos(t), np.sin(t)))
    across = across * (1 - 0.08 * np.sin(t))  # wider at the top
    centres = [eye + down * half * BELOW for eye in (left, right)]
    lenses = [points(centre, across * wide, up * half * HIGH) for centre, wide in zip(centres, widths, strict=True)]
    inner = [float((each - root) @ along) for each in (centres[0] + along * widths[0], centres[1] - along * widths[1])]
    s = np.linspace(0, 1, 24)
    bridge = points(
        root, inner[0] + s * (inner[1] - inner[0]), -half * (BRIDGE[0] + BRIDGE[1] * (1 - (2 * s - 1) ** 2))
    )
    temples = [
        points(centre, sign * (wide * 0.97 + TEMPLE * half * s), -half * HINGE + 0.1 * half * s)
        for centre, wide, sign in zip(centres, widths, (-1, 1), strict=True)
    ]
    return Frame((lenses[0], lenses[1]), (bridge, temples[0], temples[1]), half)


def worn(image: Image, labels: Labels, amount: float) -> tuple[Image, Floats] | None:
    """An aligned face with glasses.

    Args:
        image: uint8 (S, S, 3).
        labels: Its classes (S, S).
        amount: How much of them is seen, 0..1.

    Returns:
        uint8 (S, S, 3), and where it is new, float32 (S, S), 0..1; None where the eyes are not seen.
    """
    import cv2

    frame = fitted(labels)
    if frame is None:
        return None
    opacity = float(np.clip(amount, 0, 1))
    sigma = (SOFT[0] + softness(image) * (SOFT[1] - SOFT[0])) * len(labels) / 256
    line, lens = _drawn(frame, labels)
    line = np.asarray(cv2.GaussianBlur(line, (0, 0), sigma), np.float32)
    shadow = cv2.GaussianBlur(line, (0, 0), max(SHADE_WIDTH * frame.half, 0.3))
    fall = np.array([[1, 0, 0], [0, 1, SHADE_BELOW * frame.half]], np.float32)
    shadow = cv2.warpAffine(shadow, fall, labels.shape[::-1]) * np.isin(labels, SKIN)
    shown = image * (1 - SHADE * opacity * shadow[:, :, None])
    shown += (opacity * GLARE * lens)[:, :, None] * (255 - shown)
    relief = np.clip(-cv2.Sobel(line, cv2.CV_32F, 0, 1, ksize=3), 0, 1) * line
    colour = _darkest(image, labels) + BRIGHT * relief[:, :, None]
    shown += (opacity * line)[:, :, None] * (colour - shown)
    new = opacity * np.maximum(line, np.maximum(lens, shadow))
    result = np.asarray(np.rint(np.clip(shown, 0, 255)), np.uint8)
    return np.where(new[:, :, None] > SEEN, result, image), np.where(new > SEEN, new, 0).astype(np.float32)


def _drawn(frame: Frame, labels: Labels) -> tuple[Floats, Floats]:
    """Cover by the frame's lines and by its lenses, float32 (S, S), 0..1.

    Temples lie on skin alone, and hair that falls beside the eyes lies over the lenses.
    """
    import cv2

    size = len(labels)
    thick = THICK * frame.half * FINE

    def canvas(lines: tuple[Floats, ...], closed: bool, fill: bool = False, share: float = 1.0) -> Floats:
        large = np.zeros((size * FINE, size * FINE), np.uint8)
        for each in lines:
            whole = np.rint((each + 0.5) * FINE - 0.5).astype(np.int32)
            if fill:
                cv2.fillPoly(large, [whole], 255)
            else:
                cv2.polylines(large, [whole], closed, 255, max(round(share * thick), 1), cv2.LINE_AA)
        return np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA) / np.float32(255), np.float32)

    def soft(part: Mask) -> Floats:
        return np.asarray(cv2.GaussianBlur(part.astype(np.float32), (0, 0), scaled(1.0, labels.shape)), np.float32)

    left, right = (float(each[:, 0].mean()) for each in frame.lenses)
    columns = np.arange(size)
    curtain = soft((labels == CelebAMask.HAIR) & ((columns < left) | (columns > right)))
    lens = canvas(frame.lenses, True, fill=True)
    temples = canvas(frame.rods[1:], False) * soft(labels == CelebAMask.SKIN) * (1 - lens)
    upper = tuple(each[len(each) // 2 :] for each in frame.lenses)
    front = np.maximum(canvas(frame.lenses, True, share=THIN), canvas((*upper, *frame.rods[:1]), False)) * (1 - curtain)
    return np.maximum(front, temples), lens * (1 - curtain)


def _darkest(image: Image, labels: Labels) -> Floats:
    """Colour (3,) of the frame: as dark as the darkest of brows, eyes and hair, but no blacker than plastic is."""
    dark, skin = (image[np.isin(labels, parts)].astype(np.float32) for parts in (DARK, SKIN))
    tone = np.median(skin, axis=0)
    found = np.maximum(np.quantile(dark, DARKEST, axis=0), BLACKEST * (tone + tone.mean()) / 2)
    return np.asarray(found, np.float32)
