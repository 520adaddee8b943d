"""Parts of a face by its landmarks: contours of the mesh in place of a parser's labels."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.beautify.parts import AT_EYES, AT_MOUTH, CLOSED, ELSEWHERE, MOUTH, Parts, skin_of
from pipeline.core.colours import to_lab
from pipeline.core.types import Image
from pipeline.photo.landmarks import FaceLandmarks
from postprocess.beauty.eyes import Iris, Irises, eye_around
from postprocess.beauty.mouth import lips_within, width_of
from postprocess.beauty.regions import EYES, box_around, filled, part
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask, dilate

SIDES = {"left": EYES[0], "right": EYES[1]}
"""Eyes by their place in the picture."""
HIDDEN = "the mouth cannot be told from what is around it"
LEAST_SEEN = 0.5
"""Least share of a contour in which a parser that knows photographs must see its part. Outlines of a better mesh cover
at least 0.62 of those of open eyes and 0.69 of those of mouths."""
LEAST_OPEN = 0.1
"""Least area of an open eye, in squares of its width."""
NEAR, FAR, LEAST_DIFFERENCE = 0.06, 0.2, 3.0
"""Where the surroundings of a mouth begin and end, in widths of it; least distance of its colour from theirs, CIE 1976,
which is 5 to 15 for the faces of photographs."""


def parts_by_landmarks(image: Image, labels: Labels, landmarks: FaceLandmarks, trusted: bool) -> Parts:
    """Parts of a face inside its contours; only its skin goes by labels, and by colour.

    Args:
        image: RGB uint8 (H, W, 3).
        labels: LaPa's 11 classes as a parser sees them, uint8 (H, W).
        landmarks: Pixels of the image, with irises where they are known.
        trusted: Whether the parser knows photographs: what it does not see inside a contour is covered.
    """

    def area(name: str) -> Mask:
        return filled(landmarks.outline(name), labels.shape)

    oval, mouth, eyes = area("oval"), area("lips_outer"), {label: area(f"{side}_eye") for side, label in SIDES.items()}
    result = skin_of(image, labels, landmarks.five, oval)
    result[area("left_brow")], result[area("right_brow")] = Lapa.LEFT_BROW, Lapa.RIGHT_BROW
    result[np.logical_or.reduce([mouth, *eyes.values()])] = Lapa.BACKGROUND
    irises: Irises = {}
    left_out: dict[str, str] = {}
    if trusted and not all(_seen(labels, EYES, eye) for eye in eyes.values()):
        left_out |= dict.fromkeys(AT_EYES, ELSEWHERE)
    else:
        for label, eye in eyes.items():
            result[eye] = label
        irises = _irises(image, landmarks, eyes)
        left_out |= {} if irises else dict.fromkeys(("eyes", "iris"), CLOSED)
    if trusted and not _seen(labels, MOUTH, mouth):
        left_out |= dict.fromkeys(AT_MOUTH, ELSEWHERE)
    elif not _differs(image, mouth, oval):
        left_out |= dict.fromkeys(AT_MOUTH, HIDDEN)
    else:
        shown = _mouth(image, landmarks, mouth)
        result[shown > 0] = shown[shown > 0]
    return Parts(result, irises, left_out)


def _seen(labels: Labels, classes: Sequence[Lapa], contour: Mask) -> bool:
    return bool(contour.any() and part(labels, *classes)[contour].mean() >= LEAST_SEEN)


def _irises(image: Image, landmarks: FaceLandmarks, eyes: Mapping[Lapa, Mask]) -> Irises:
    """Both irises; none unless both eyes are open and show them."""
    if landmarks.irises is None:
        return {}
    irises: dict[int, Iris] = {}
    for side, label in SIDES.items():
        centre, *rim = landmarks.irises[side]
        iris = Iris(float(centre[0]), float(centre[1]), float(np.hypot(*(rim - centre).T).mean()))
        width = float(np.ptp(landmarks.outline(f"{side}_eye")[:, 0]))
        if eyes[label].sum() >= LEAST_OPEN * width**2 and eye_around(image, eyes[label], iris) is not None:
            irises[label] = iris
    return irises if len(irises) == len(eyes) else {}


def _differs(image: Image, mouth: Mask, face: Mask) -> bool:
    """Whether a mouth (H, W) has another colour than the face around it; a mask or a hand before both has not."""

    width = width_of(mouth)
    if (box := box_around(mouth, FAR * width)) is None:
        return False
    image, mouth, face = np.ascontiguousarray(image[box]), mouth[box], face[box]
    around = face & ~dilate(mouth, NEAR * width)
    if not around.any():
        return False
    lab = to_lab(image)
    return bool(np.linalg.norm(np.median(lab[mouth], axis=0) - np.median(lab[around], axis=0)) >= LEAST_DIFFERENCE)


def _mouth(image: Image, landmarks: FaceLandmarks, mouth: Mask) -> Labels:
    """Labels (H, W) of lips and of the gap between them."""
    outer, inner = landmarks.outline("lips_outer"), landmarks.outline("lips_inner")
    # Both outlines begin in the middle of the upper lip: this is its part of each, from corner to corner.
    outside, inside = (np.roll(outline, 5, axis=0)[:11] for outline in (outer, inner))
    upper = filled(np.concatenate([outside, inside[::-1]]), mouth.shape)
    gap = filled(inner, mouth.shape)
    lips = lips_within(image, mouth, gap)
    lip = np.where(upper, Lapa.UPPER_LIP, Lapa.LOWER_LIP)
    return np.where(lips, lip, np.where(gap, Lapa.MOUTH, Lapa.BACKGROUND)).astype(np.uint8)
