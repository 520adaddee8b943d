"""Whether the target of an edit moved in a photograph, measured without the net that steers.

The measures are the face mesh, the judge net and the colour of the parsed hair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.crop import Points
from pipeline.core.types import Floats
from pipeline.photo.landmarks import CORNERS, FaceLandmarks
from postprocess.domains import domain_distance
from postprocess.masks import scaled
from postprocess.own_pixels.hair import is_blond

ALAE, JAW, MOUTH = (129, 358), (132, 361), (61, 291)
"""Vertices of the mesh, from left to right: wings of the nose, jaw below the ears, corners of the mouth."""
LIDS = {"left": (159, 145), "right": (386, 374)}
"""Vertices in the middle of the upper and the lower lid."""
AROUND = 24.0
"""Pixels at 512 around the domain of an edit within which landmarks may follow it."""


@dataclass(frozen=True)
class Seen:
    """One aligned picture as the measuring nets see it.

    Attributes:
        landmarks: Of the face, pixels of the picture, by the mesh alone.
        eyes: The same with the contours of the eyes by the iris net, whose noise would reach every other measure.
        judged: Prediction of the judge, by attribute code, each (1, K) or (1,).
        hair: Mean CIE L*a*b* of the hair (3,), NaN without hair.
    """

    landmarks: FaceLandmarks
    eyes: FaceLandmarks
    judged: Mapping[str, Floats]
    hair: Floats


def eye_distance(landmarks: FaceLandmarks) -> float:
    """Distance of the centres of both eyes, pixels."""
    left, right = landmarks.five[:2]
    return float(np.hypot(*(right - left)))


def lip_area(seen: Seen) -> float:
    """Area of the lips in squared distances of the eyes."""
    outer, inner = (_area(seen.landmarks.outline(f"lips_{part}")) for part in ("outer", "inner"))
    return (outer - inner) / eye_distance(seen.landmarks) ** 2


def eye_opening(seen: Seen) -> float:
    """Mean height of the openings of both eyes, shares of their widths."""
    return float(np.mean([_apart(seen.eyes, LIDS[side]) / _apart(seen.eyes, CORNERS[side]) for side in CORNERS]))


def _width(ends: tuple[int, int]) -> Callable[[Seen], float]:
    return lambda seen: _apart(seen.landmarks, ends) / eye_distance(seen.landmarks)


def _probability(code: str, value: int) -> Callable[[Seen], float]:
    return lambda seen: float(seen.judged[code][0][value])


def _lightness(seen: Seen) -> float:
    return float(seen.hair[0])


def _fairness(seen: Seen) -> float:
    return float(2 * seen.hair[0] + seen.hair[2])  # yellow alone may not pay for hair that becomes darker


def _darker(limit: float) -> Callable[[Seen], bool]:
    return lambda seen: _lightness(seen) < limit


def _blond(seen: Seen) -> bool:
    return is_blond(seen.hair) or _lightness(seen) > 65


def _is(code: str) -> Callable[[Seen], bool]:
    return lambda seen: bool(seen.judged[code][0].argmax() == 1)


@dataclass(frozen=True)
class Target:
    """How the target of an edit is measured.

    Attributes:
        what: The measured quantity, for tables.
        value: Its value in a picture.
        sign: +1 if the edit raises it, -1 if it lowers it.
        least: Least change that counts as moved: three times the standard deviation of the measure over one face with
            a little noise and blur; more for hair and the judge, where that would not be seen.
        relative: Whether changes are shares of the value before.
        had: Whether a picture has the target already; None: it may always have more.
    """

    what: str
    value: Callable[[Seen], float]
    sign: int
    least: float
    relative: bool = True
    had: Callable[[Seen], bool] | None = None

    def moved(self, before: Seen, after: Seen) -> float:
        """Change in the direction of the edit; `least` or more counts."""
        first, last = self.value(before), self.value(after)
        return self.sign * (last - first) / (first if self.relative else 1.0)

    def has_already(self, before: Seen) -> bool:
        """Whether there is nothing left to change."""
        return self.had is not None and self.had(before)


TARGETS: Mapping[str, Target] = {
    "Bp_max": Target("area of the lips", lip_area, 1, 0.03),
    "Bp_min": Target("area of the lips", lip_area, -1, 0.03),
    "Bn_max": Target("width of the nose", _width(ALAE), 1, 0.008),
    "Bn_min": Target("width of the nose", _width(ALAE), -1, 0.008),
    "N_max": Target("opening of the eyes", eye_opening, -1, 0.04),
    "N_min": Target("opening of the eyes", eye_opening, 1, 0.04),
    "Ch_max": Target("width of the jaw", _width(JAW), 1, 0.01),
    "Ch_min": Target("width of the jaw", _width(JAW), -1, 0.01),
    "Sm_1": Target("width of the mouth", _width(MOUTH), 1, 0.02, had=_is("Sm")),
    "Hc_0": Target("lightness of the hair", _lightness, -1, 4.0, False, _darker(25)),
    "Hc_1": Target("lightness, twice, and yellow of the hair", _fairness, 1, 20.0, False, _blond),
    "Gl_1": Target("glasses, by the judge", _probability("Gl", 1), 1, 0.2, False, _is("Gl")),
    "Bd_1": Target("beard, by the judge", _probability("Bd", 1), 1, 0.2, False, _is("Bd")),
}
"""Measured edits by identifier."""


def elsewhere(identifier: str, before: Seen, after: Seen, size: int) -> float:
    """Mean movement of the landmarks away from the edit's domain, in percent of the eyes' distance; NaN without any.

    Args:
        size: Side of both pictures, pixels.
    """
    away = domain_distance((parse(identifier).code,), size, size) > scaled(AROUND, (size, size))
    points = before.landmarks.points[:, :2]
    x, y = np.clip(np.rint(points).astype(int), 0, size - 1).T
    chosen = away[y, x]
    if not chosen.any():
        return float("nan")
    moved = np.hypot(*(after.landmarks.points[chosen, :2] - points[chosen]).T)
    return float(100 * moved.mean() / eye_distance(before.landmarks))


def _apart(landmarks: FaceLandmarks, ends: tuple[int, int]) -> float:
    first, last = landmarks.points[list(ends), :2]
    return float(np.hypot(*(last - first)))


def _area(outline: Points) -> float:
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)
