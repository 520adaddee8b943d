"""Boxes of one face become one, its points averaged."""

import numpy as np

from pipeline.photo.overlap import merged


def test_overlapping_boxes_are_averaged_by_their_scores() -> None:
    boxes = np.array([[[10, 10], [8, 8], [10, 9]], [[40, 10], [8, 8], [40, 9]], [[11, 10], [8, 8], [14, 9]]], float)
    (first, high), (second, low) = merged(boxes, np.array([0.9, 0.5, 0.3]))
    np.testing.assert_allclose(first, [[10.25, 10], [8, 8], [11, 9]])
    np.testing.assert_allclose(second, boxes[1])
    assert (high, low) == (0.9, 0.5)
    assert not list(merged(np.empty((0, 3, 2)), np.empty(0)))
