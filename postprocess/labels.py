"""Label sets of face parsing: 19 classes of CelebAMask-HQ, 7 groups for blending, 11 classes of LaPa."""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]


# fmt: off
CLASSES = (
    "background", "skin", "left brow", "right brow", "left eye", "right eye", "glasses", "left ear", "right ear",
    "earring", "nose", "mouth", "upper lip", "lower lip", "neck", "necklace", "clothes", "hair", "hat",
)


# fmt: on
GROUPS = ("background", "eyes", "nose", "mouth", "hair", "foreground", "rest")


BACKGROUND, EYES, NOSE, MOUTH, HAIR, FOREGROUND, REST = range(7)


MERGED: Labels = np.array([0, 6, 6, 6, 1, 1, 1, 6, 6, 6, 2, 3, 3, 3, 6, 6, 5, 4, 5], np.uint8)


def merge(labels: Labels) -> Labels:
    """The 19 classes -> the 7 GROUPS; glasses count as eyes, clothes and hats are the foreground."""
    return MERGED[labels]


# fmt: off
LAPA = (
    "background", "skin", "left brow", "right brow", "left eye", "right eye", "nose", "upper lip", "mouth", "lower lip",
    "hair",
)


# fmt: on
# Ears, neck, clothes and what is worn belong to LaPa's background.
_TO_LAPA: Labels = np.array([LAPA.index(name) if name in LAPA else 0 for name in CLASSES], np.uint8)


_FROM_LAPA: Labels = np.array([CLASSES.index(name) for name in LAPA], np.uint8)


def to_lapa(labels: Labels) -> Labels:
    """The 19 classes of CelebAMask-HQ (`postprocess.labels.CLASSES`) -> the 11 of LAPA; uint8 of any shape."""
    return _TO_LAPA[labels]


def from_lapa(labels: Labels) -> Labels:
    """The 11 classes of LAPA -> those of the 19 that have the same name, ready for `postprocess.labels.merge`."""
    return _FROM_LAPA[labels]
