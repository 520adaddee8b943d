"""Label sets of face parsing: 19 classes of CelebAMask-HQ, 7 groups for blending, 11 classes of LaPa."""

from collections.abc import Iterable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest

Labels = NDArray[np.uint8]


# fmt: off
class CelebAMask(IntEnum):
    """Classes of CelebAMask-HQ (Lee et al., "MaskGAN", CVPR 2020)."""

    (BACKGROUND, SKIN, LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE, GLASSES, LEFT_EAR, RIGHT_EAR, EARRING, NOSE, MOUTH,
     UPPER_LIP, LOWER_LIP, NECK, NECKLACE, CLOTHES, HAIR, HAT) = range(19)


class Group(IntEnum):
    """Groups of those classes for blending."""

    BACKGROUND, EYES, NOSE, MOUTH, HAIR, FOREGROUND, REST = range(7)


class Lapa(IntEnum):
    """Classes of LaPa (Liu et al., "A New Dataset and Boundary-Attention Semantic Segmentation", AAAI 2020)."""

    (BACKGROUND, SKIN, LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE, NOSE, UPPER_LIP, MOUTH, LOWER_LIP,
     HAIR) = range(11)


# fmt: on
CLASSES, GROUPS, LAPA = (
    tuple(each.name.lower().replace("_", " ") for each in kinds) for kinds in (CelebAMask, Group, Lapa)
)
"""Names in the order of the labels: "left brow"."""


def require_parts(parts: Iterable[str]) -> None:
    """Raise BadInput for a name that is no part of a face."""
    for part in parts:
        if part not in CLASSES:
            raise BadInput(f"There is no part of a face {part!r}{nearest(part, CLASSES)}")


BROWS, EYES = (CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW), (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE)
LIPS = (CelebAMask.MOUTH, CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP)
FEATURES = (*BROWS, *EYES, CelebAMask.NOSE, *LIPS)
"""Small, salient parts of a face."""
FACE = (CelebAMask.SKIN, CelebAMask.GLASSES, *FEATURES)
"""The face with glasses, without ears and hair."""


def are_parts(labels: Labels, parts: Iterable[str]) -> NDArray[np.bool_]:
    """Where labels are any of these parts, by their names in CLASSES; of the shape of `labels`."""
    return np.isin(labels, [CLASSES.index(part) for part in parts])


# fmt: off
MERGED: Labels = np.array([0, 6, 6, 6, 1, 1, 1, 6, 6, 6, 2, 3, 3, 3, 6, 6, 5, 4, 5], np.uint8)
# fmt: on
# Ears, neck, clothes and accessories belong to LaPa's background.
_TO_LAPA: Labels = np.array([Lapa.__members__.get(each.name, Lapa.BACKGROUND) for each in CelebAMask], np.uint8)
_FROM_LAPA: Labels = np.array([CelebAMask[each.name] for each in Lapa], np.uint8)


def _mirrored(kinds: type[IntEnum]) -> Labels:
    other = {"LEFT": "RIGHT", "RIGHT": "LEFT"}
    names = ["_".join(other.get(word, word) for word in each.name.split("_")) for each in kinds]
    return np.array([kinds[name] for name in names], np.uint8)


MIRRORED, LAPA_MIRRORED = _mirrored(CelebAMask), _mirrored(Lapa)
"""Label of each class in a mirrored face: left and right parts change places."""


def merge(labels: Labels) -> Labels:
    """The 19 classes to the 7 groups; glasses count as eyes, clothes and hats are the foreground."""
    return MERGED[labels]


def to_lapa(labels: Labels) -> Labels:
    """The 19 classes of CelebAMask-HQ to the 11 of LaPa; uint8 of any shape."""
    return _TO_LAPA[labels]


def from_lapa(labels: Labels) -> Labels:
    """The 11 classes of LaPa to those of the 19 that have the same name, ready for `merge`."""
    return _FROM_LAPA[labels]
