"""The figures of the benchmark as pure functions on arrays, so that their definitions can be tested on known answers.

Images are uint8 (H, W, 3), masks bool (H, W).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

REGION_THRESHOLD = 3
REGION_MARGIN = 3


def mean_square(first: Image, second: Image, mask: Mask | None = None) -> float:
    """Mean squared difference, 0..255^2, over the masked pixels; NaN where the mask is empty."""
    error = (first.astype(np.float64) - second) ** 2
    if mask is not None:
        error = error[mask]
    return float(error.mean()) if error.size else float("nan")


def psnr(first: Image, second: Image, mask: Mask | None = None, ceiling: float = 60.0) -> float:
    """Peak signal-to-noise ratio in dB over the masked pixels, at most `ceiling`; NaN where the mask is empty."""
    error = mean_square(first, second, mask)
    if np.isnan(error):
        return error
    return ceiling if error == 0 else float(min(10 * np.log10(255.0**2 / error), ceiling))


def changed_region(original: Image, counterfactual: Image) -> Mask:
    """Where the true counterfactual differs by more than 3 of 255 in a channel, dilated by 3 pixels at 256."""
    import cv2

    differs = (np.abs(original.astype(np.int16) - counterfactual) > REGION_THRESHOLD).any(axis=2)
    radius = max(round(REGION_MARGIN * original.shape[0] / 256), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(differs.astype(np.uint8), disc).astype(bool)


def leakage(original: Image, result: Image, region: Mask) -> float:
    """Mean absolute change of 255 outside the region; NaN where the region is everything."""
    outside = np.abs(original.astype(np.int16) - result)[~region]
    return float(outside.mean()) if outside.size else float("nan")


def region_gain(original: Image, result: Image, truth: Image, region: Mask) -> float:
    """1 - MSE(result, truth) / MSE(original, truth) inside the region: 1 is perfect, 0 as good as doing nothing.

    NaN where the truth does not differ from the original.
    """
    nothing = mean_square(original, truth, region)
    return 1 - mean_square(result, truth, region) / nothing if nothing > 0 else float("nan")


def confusion(truth: npt.NDArray[np.uint8], guess: npt.NDArray[np.uint8], classes: int) -> npt.NDArray[np.int64]:
    """Confusion matrix (classes, classes) of label maps of one shape; rows are the truth."""
    joint = truth.reshape(-1).astype(np.int64) * classes + guess.reshape(-1)
    return np.bincount(joint, minlength=classes * classes).reshape(classes, classes)


def merge_classes(total: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Confusion matrix (7, 7) of the merged classes (`postprocess.parsing.GROUPS`) from that of the 19."""
    from postprocess.parsing import GROUPS, MERGED

    join = np.eye(len(GROUPS), dtype=np.int64)[MERGED]
    return join.T @ total @ join


def intersection_over_union(total: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """IoU per class of a confusion matrix; NaN for classes that neither truth nor guess contains."""
    union = total.sum(0) + total.sum(1) - np.diag(total)
    return np.where(union > 0, np.diag(total) / np.maximum(union, 1), np.nan)


def mask_iou(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks; 1 when both are empty."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0
