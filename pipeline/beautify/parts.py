"""Parts of a face for the retouching: a parser's labels, held against the face itself.

A parser may be wrong, most of all about pictures of another kind than those that it was trained on. Where a face has
landmarks they decide (`contours`), else the five points of a detector; without any the labels have to lie as the parts
of a face do. What is not where it must be is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.crop import Points
from pipeline.core.types import Image
from postprocess.beauty.eyes import Iris, Irises, find_eye
from postprocess.beauty.mouth import lips_within
from postprocess.beauty.regions import EYES, LIPS, filled, part, touching
from postprocess.beauty.skin import like_skin
from postprocess.labels import Labels, Lapa
from postprocess.masks import Mask

BROWS, MOUTH = (Lapa.LEFT_BROW, Lapa.RIGHT_BROW), (*LIPS, Lapa.MOUTH)
BEARD = Lapa.LEFT_BROW
"""Label of what a parser takes for skin and is too dark: like brows, beard and shadow are enhanced but not smoothed."""
AT_EYES, AT_MOUTH = ("under_eyes", "eyes", "iris"), ("teeth", "lips")
"""Effects that need the eyes, and the mouth."""
ELSEWHERE = "the parser does not see them where they must be"
NO_FACE = "what the parser sees does not lie as the parts of a face do"
CLOSED = "an eye is closed or covered"

EYE, AROUND_MOUTH = (0.32, 0.16), (0.62, 0.42)
"""Half width and height of the place of an eye, in distances of the eyes, and of the mouth, in widths of the mouth."""
SMALLEST, OFF_CENTRE, SQUINT = 0.012, 0.1, 0.1
"""In distances of the eyes: least area of an eye, most from its point to its middle, most by which the two irises look
different ways."""
LEAST_LIPS, LEAST_MOUTH = 0.75, 0.07
"""Least share of the columns between the corners of a mouth that show lips; its least area, in squares of its width."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What of a face can be retouched.

    Attributes:
        labels: LaPa's 11 classes, uint8 (H, W); what no effect may touch is background.
        irises: Both or none.
        left_out: The reason, by effect that cannot be done.
    """

    labels: Labels
    irises: Irises
    left_out: Mapping[str, str] = field(default_factory=dict)


def parts_by_points(image: Image, labels: Labels, points: Points) -> Parts:
    """Parts of an upright face: the labels around five points.

    Args:
        image: RGB uint8 (H, W, 3).
        labels: LaPa's 11 classes as a parser sees them, uint8 (H, W).
        points: (5, 2) as of `Face`, pixels of the image.
    """
    result = skin_of(image, labels, points)
    irises: Irises = {}
    left_out: dict[str, str] = {}
    brows = part(labels, *BROWS)
    result[brows] = labels[brows]
    if (eyes := _eyes(labels, points)) is None:
        left_out |= dict.fromkeys(AT_EYES, ELSEWHERE)
    else:
        for label, eye in eyes.items():
            result[eye] = label
        irises = _irises(image, eyes, points)
        left_out |= {} if irises else {"iris": CLOSED}
    if (mouth := _mouth(labels, points[3:])) is None:
        left_out |= dict.fromkeys(AT_MOUTH, ELSEWHERE)
    else:
        gap = mouth & (labels == Lapa.MOUTH)
        result[mouth] = np.where(gap, Lapa.MOUTH, Lapa.BACKGROUND)[mouth]
        result[mouth & lips_within(image, mouth, gap)] = Lapa.LOWER_LIP
    return Parts(result, irises, left_out)


def parts_by_labels(image: Image, labels: Labels) -> Parts:
    """Parts of an upright face that was not detected; as of `parts_by_points`, with the points of `points_of`."""
    points = points_of(labels)
    if points is None:
        result = np.where(part(labels, *EYES, *MOUTH), np.uint8(Lapa.BACKGROUND), labels)
        return Parts(result, {}, dict.fromkeys((*AT_EYES, *AT_MOUTH), NO_FACE))
    return parts_by_points(image, labels, points)


def points_of(labels: Labels) -> Points | None:
    """Five points (5, 2), as of `Face`, of the largest piece of each part; None if they do not lie as in a face."""
    left, right, nose, mouth = (
        _largest(part(labels, *classes)) for classes in ((EYES[0],), (EYES[1],), (Lapa.NOSE,), MOUTH)
    )
    if not all(piece.any() for piece in (left, right, nose, mouth)):
        return None
    ends = np.flatnonzero(mouth.any(axis=0))[[0, -1]]
    corners = [(float(x), float(np.flatnonzero(mouth[:, x]).mean())) for x in ends]
    points = np.array([_middle(left), _middle(right), _middle(nose), *corners])
    (across, tilt), (aside, down) = points[1] - points[0], (points[3:].sum(0) - points[:2].sum(0)) / 2
    regular = (
        points[0, 0] < points[2, 0] < points[1, 0]
        and points[:2, 1].max() < points[2, 1] < points[3:, 1].min()
        and abs(tilt) < 0.4 * across
        and abs(aside) < 0.35 * across
        and 0.6 * across < down < 1.7 * across
        and 0.5 * across < np.ptp(ends) < 1.4 * across
    )
    return points if regular else None


def skin_of(image: Image, labels: Labels, points: Points, inside: Mask | None = None) -> Labels:
    """Labels (H, W) of the skin around five points, see `like_skin`, and of `BEARD`; the rest is background.

    Args:
        inside: The oval of the face (H, W) where it is known.
    """
    eyes, corners = points[:2], points[3:]
    upper, lower = (eyes + share * (corners - eyes) for share in (0.3, 0.7))
    cheeks = filled(np.concatenate([upper, lower[::-1]]), labels.shape)
    seen = part(labels, Lapa.SKIN, Lapa.NOSE)
    result = np.where(touching(seen, cheeks), np.uint8(BEARD), np.uint8(Lapa.BACKGROUND))
    result[like_skin(image, seen, cheeks, inside)] = Lapa.SKIN
    return result


def _eyes(labels: Labels, points: Points) -> dict[Lapa, Mask] | None:
    """Both eyes (H, W) by label; None unless each lies around its point."""
    apart = float(np.hypot(*(points[1] - points[0])))
    eyes = {}
    for label, point in zip(EYES, points[:2], strict=True):
        eye = part(labels, *EYES) & _ellipse(point, apart * np.array(EYE), labels.shape)
        if eye.sum() < SMALLEST * apart**2 or np.hypot(*(_middle(eye) - point)) > OFF_CENTRE * apart:
            return None
        eyes[label] = eye
    return eyes


def _irises(image: Image, eyes: Mapping[Lapa, Mask], points: Points) -> Irises:
    """Both irises; none unless both are seen and look the same way."""
    found = {label: find_eye(image, eye) for label, eye in eyes.items()}
    irises: Irises = {label: Iris(eye.x, eye.y, eye.radius) for label, eye in found.items() if eye is not None}
    if len(irises) < len(eyes):
        return {}
    looks = np.array([(iris.x, iris.y) for iris in irises.values()]) - points[:2]
    return irises if np.hypot(*(looks[1] - looks[0])) <= SQUINT * np.hypot(*(points[1] - points[0])) else {}


def _mouth(labels: Labels, corners: Points) -> Mask | None:
    """Lips and what is between them (H, W), around the corners of the mouth; None unless lips reach along it."""
    width = float(np.hypot(*(corners[1] - corners[0])))
    mouth = part(labels, *MOUTH) & _ellipse(corners.mean(0), width * np.array(AROUND_MOUTH), labels.shape)
    left, right = np.rint(corners[:, 0]).astype(int).clip(0, labels.shape[1] - 1)
    lips = (mouth & part(labels, *LIPS))[:, left : right + 1].any(axis=0)
    return mouth if lips.size and lips.mean() >= LEAST_LIPS and mouth.sum() >= LEAST_MOUTH * width**2 else None


def _ellipse(centre: Points, axes: Points, shape: tuple[int, ...]) -> Mask:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.square((x - centre[0]) / axes[0]) + np.square((y - centre[1]) / axes[1]) <= 1)


def _largest(region: Mask) -> Mask:
    """The largest connected piece of a region (H, W)."""
    import cv2

    _, pieces, figures, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    sizes = figures[1:, cv2.CC_STAT_AREA]
    return np.asarray(pieces == 1 + sizes.argmax()) if len(sizes) else region


def _middle(region: Mask) -> Points:
    return np.array([places.mean() for places in np.nonzero(region)[::-1]])
