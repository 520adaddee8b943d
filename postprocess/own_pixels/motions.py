"""Motions: where the pixels of an aligned face go when its shape is edited."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.core.types import Floats, Image
from pipeline.core.weights import load_state, read_metadata
from postprocess.labels import LIPS, CelebAMask, Labels, are_parts
from postprocess.masks import scaled
from postprocess.own_pixels.hair_pixels import largest

VISIBLE = (0.7, 1.5)
"""Pixels of motion at 256 above which it counts, and from which in full."""
LIP_NAMES = ("mouth", "upper lip", "lower lip")
"""Parts that motions of the mouth follow."""
THIN = 0.9
"""How much more the lips of an open mouth move, per share of the mouth in both."""
OPENING = 4.0
"""Sigma in pixels at 512 by which the outline of an open mouth is smoothed along it."""
ITERATIONS = 5
"""Steps of `origins`: the motions of edits change slowly over the face."""
TURNED = (0.3, 0.6)
"""Width of the narrower side of a face, as a share of the wider, at which that side is not seen from the front at all,
and from which on fully."""
NEARING = 0.85
"""Largest share of their distance by which pixels beside each other come nearer."""
SHIFT, SCALE = 0.04, (0.8, 1.3)
"""Largest shift of a motion in shares of the image's side, and range of its scale: beyond, the parser is wrong."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Mean motion of the pixels of an aligned face by an edit.

    Attributes:
        field: (n, n, 2), in x and y, shares of the image's side.
        parts: Classes of the face that it follows; none for a motion that stays where it is.
        place: Of these parts in the mean face, see `place`.
        photographs: How much of it photographs take.
        rendered: Whether rendered portraits take it too.
    """

    field: Floats
    parts: tuple[str, ...] = ()
    place: tuple[float, ...] = ()
    photographs: float = 1.0
    rendered: bool = True

    def on(self, labels: Labels, photograph: bool = False) -> Floats:
        """The field (S, S, 2) in pixels on a face of these classes (S, S): where its parts are and as large as they.

        Args:
            photograph: Whether lips move as if they were shut, so that what is between them stays; those of rendered
                people part a little by what moves them.
        """
        import cv2

        size = len(labels)
        of_lips = photograph and self.parts == LIP_NAMES
        rows = shut(labels) if of_lips else np.mgrid[:size, :size][0].astype(np.float32)
        seen = place(labels, LIP_NAMES[1:] if of_lips else self.parts, rows)
        if of_lips and np.isnan(seen).any():
            seen = place(labels, LIP_NAMES, rows)
        if np.isnan(seen).any():
            return np.asarray(cv2.resize(self.field, (size, size), interpolation=cv2.INTER_CUBIC) * size, np.float32)
        mean = np.asarray(self.place)
        centre = mean[:2] + np.clip(seen[:2] - mean[:2], -SHIFT, SHIFT)
        scale = np.clip(seen[2:] / mean[2:], *SCALE)
        pixels = np.broadcast_to(np.arange(size), rows.shape), rows
        x, y = (len(self.field) * (((pixels[i] + 0.5) / size - centre[i]) / scale[i] + mean[i]) - 0.5 for i in range(2))
        where = np.asarray(x, np.float32), np.asarray(y, np.float32)
        found = cv2.remap(self.field, *where, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        if "skin" in self.parts:
            found = found * towards_us(labels, self.parts)[:, None]
        if of_lips and (opened := (labels == CelebAMask.MOUTH).sum() / np.isin(labels, LIPS).sum()):
            scale[1] = max(scale[1], 1) * (1 + THIN * opened)  # drawn thin over an open mouth
        return np.asarray(found * scale * size, np.float32)


class HasMotions(Protocol):
    """Opened models with motions by the name of the edit; without any for a set that has none."""

    @property
    def motions(self) -> Mapping[str, Motion]: ...


def place(labels: Labels, parts: Sequence[str], rows: Floats | None = None) -> Floats:
    """Centre x, y and deviation x, y of parts in classes (S, S), in shares of the side; NaN if hardly seen.

    Args:
        rows: Row of each pixel, (S, S), if it is another one.
    """
    inside = are_parts(labels, parts)
    found, x = np.nonzero(inside)
    if len(x) < max(4e-4 * labels.size, 1):
        return np.full(4, np.nan, np.float32)
    y: Floats = np.asarray(found if rows is None else rows[inside], np.float32)
    return np.array([x.mean() + 0.5, y.mean() + 0.5, x.std(), y.std()], np.float32) / np.float32(len(labels))


def shut(labels: Labels) -> Floats:
    """Row of each pixel of a face of classes (S, S) if its mouth were shut, float32 (S, S).

    All between the lips is one row, and both halves of the face come together without a change of their own.
    """
    import cv2

    size, mouth = len(labels), largest(labels == CelebAMask.MOUTH, 1.0)
    rows, columns = np.mgrid[:size, :size][0].astype(np.float32), np.flatnonzero(mouth.any(0))
    if not columns.size:
        return rows
    top, bottom = mouth.argmax(0), size - mouth[::-1].argmax(0)
    middle = np.interp(np.arange(size), columns, (top + bottom)[columns] / 2) - 0.5
    opening = np.where(mouth.any(0), bottom - top, 0).astype(np.float32)
    blur = scaled(OPENING, labels.shape)
    along = np.asarray([opening / 2, middle], np.float32)[:, None]
    half, line = (cv2.GaussianBlur(each, (0, 0), blur, sigmaY=1e-3)[0] for each in along)
    away = rows - line
    return np.asarray(line + np.sign(away) * np.maximum(np.abs(away) - half, 0), np.float32)


def towards_us(labels: Labels, parts: Sequence[str]) -> Floats:
    """How much each column of a face of classes (S, S) is seen from the front, float32 (S,), 0..1.

    Less beyond the nose of a turned head: its far cheek would swell out of the outline.
    """
    everywhere, rows = np.ones(len(labels), np.float32), np.nonzero(labels == CelebAMask.NOSE)[0]
    if not rows.size:
        return everywhere
    beside = labels[rows.min() : rows.max() + 1]
    middle = float(np.nonzero(labels == CelebAMask.NOSE)[1].mean())
    face = are_parts(beside, parts).mean(0) > 0.5
    sides = face[int(middle) :: -1], face[int(middle) :]
    left, right = (max(int(np.append(np.flatnonzero(~side), len(side))[0]), 1) for side in sides)
    edge = int(middle) + (right if right < left else -left)
    if (beside[:, max(min(edge, len(labels) - 1), 0)] == CelebAMask.HAIR).mean() > 0.5:
        return everywhere  # hair lies over that cheek
    seen = np.clip((min(left, right) / max(left, right) - TURNED[0]) / (TURNED[1] - TURNED[0]), 0, 1)
    beyond = (np.arange(len(labels)) - middle) / (right if right < left else -left)
    return np.asarray(1 - (1 - seen) * np.clip(beyond, 0, 1), np.float32)


def load_motions(path: Path) -> dict[str, Motion]:
    """Motions by the name of their edit; raises MissingWeights for an unreadable file."""
    more = json.loads(read_metadata(path)["motions"])
    return {name: _motion(field.float().numpy(), **more[name]) for name, field in load_state(path).items()}


def _motion(field: Floats, parts: Sequence[str], place: Sequence[float], photographs: float, rendered: bool) -> Motion:
    return Motion(field, tuple(parts), tuple(place), photographs, rendered)


def combined(motions: Iterable[tuple[Motion, float]], labels: Labels, photograph: bool = False) -> Floats:
    """Sum (S, S, 2) of motions times their factors on a face of these classes (S, S), pixels, see `Motion.on`.

    It is less where pixels beside each other would meet: the skin would fold.
    """
    total = np.zeros((*labels.shape, 2), np.float32)
    for motion, factor in motions:
        total += np.float32(factor) * motion.on(labels, photograph)
    nearing = max(-float(np.diff(total[..., axis], axis=1 - axis).min(initial=0)) for axis in range(2))
    return total * np.float32(min(1, NEARING / max(nearing, 1e-6)))


def origins(field: Floats) -> Floats:
    """Motion (S, S, 2) in pixels by which each pixel has come to its place, of a motion by where pixels come from.

    The fixed point b(x) = field(x - b(x)), Chen et al., "A simple fixed-point approach to invert a deformation field",
    Medical Physics 2008.
    """
    import cv2

    y, x = np.mgrid[: len(field), : len(field)].astype(np.float32)
    found = field
    for _ in range(ITERATIONS):
        places = x - found[..., 0], y - found[..., 1]
        found = cv2.remap(field, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def moved(image: Image, came: Floats) -> Image:
    """An aligned face, uint8 (S, S, 3), whose pixels have come by a motion (S, S, 2) in pixels, see `origins`."""
    import cv2

    y, x = np.mgrid[: len(image), : len(image)].astype(np.float32)
    mode, border = cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(image, x - came[..., 0], y - came[..., 1], mode, borderMode=border), np.uint8)


def moving(field: Floats) -> Floats:
    """How much a motion (S, S, 2) in pixels is seen at each pixel, float32 (S, S), 0..1."""
    pixels = np.hypot(field[..., 0], field[..., 1]) * 256 / len(field)
    return np.asarray(np.clip((pixels - VISIBLE[0]) / (VISIBLE[1] - VISIBLE[0]), 0, 1), np.float32)
