"""Boxes of a net that mean the same face."""

from collections.abc import Iterator
from typing import Any

import numpy as np

_OVERLAP = 0.3  # intersection over union above which two boxes are one face


def merged(boxes: Any, scores: Any) -> Iterator[tuple[Any, float]]:
    """Boxes that overlap the best one of them, averaged by their scores, with the best one's score.

    Args:
        boxes: (n, k, 2): middle and size of each box, then any points.
        scores: (n,).
    """
    left = np.argsort(-scores, kind="stable")
    while len(left):
        together = _overlaps(boxes[left[0]], boxes[left]) > _OVERLAP
        group = left[together]
        yield np.average(boxes[group], axis=0, weights=scores[group]), float(scores[left[0]])
        left = left[~together]


def _overlaps(box: Any, others: Any) -> Any:
    """Intersection over union of a box with others, itself among them."""
    low = np.maximum(box[0] - box[1] / 2, others[:, 0] - others[:, 1] / 2)
    high = np.minimum(box[0] + box[1] / 2, others[:, 0] + others[:, 1] / 2)
    shared = np.clip(high - low, 0, None).prod(1)
    return shared / (box[1].prod() + others[:, 1].prod(1) - shared)
