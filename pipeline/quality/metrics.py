"""Figures of the benchmark as pure functions on arrays.

Images are uint8 (H, W, 3), masks bool (H, W).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pipeline.core.attributes import parse
from pipeline.core.types import Image
from postprocess.labels import GROUPS, MERGED
from postprocess.masks import Mask

Limits = Mapping[str, tuple[float, float]]

REGION_THRESHOLD = 3
REGION_MARGIN = 3


def mean_square(first: Image, second: Image, mask: Mask | None = None) -> float:
    """Mean squared difference, 0..255^2, over the masked pixels; NaN where the mask is empty."""
    error = (first.astype(np.float64) - second) ** 2
    if mask is not None:
        error = error[mask]
    return float(error.mean()) if error.size else float("nan")


def changed_region(original: Image, counterfactual: Image) -> Mask:
    """Region where the true counterfactual differs by more than 3 of 255 in a channel, dilated by 3 pixels at 256."""
    import cv2

    differs = (np.abs(original.astype(np.int16) - counterfactual) > REGION_THRESHOLD).any(axis=2)
    radius = max(round(REGION_MARGIN * original.shape[0] / 256), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(differs.astype(np.uint8), disc).astype(bool)


def leakage(original: Image, result: Image, region: Mask) -> float:
    """Mean absolute change outside the region, 0..255; NaN where the region is the whole image."""
    outside = np.abs(original.astype(np.int16) - result)[~region]
    return float(outside.mean()) if outside.size else float("nan")


def region_gain(original: Image, result: Image, truth: Image, region: Mask) -> float:
    """1 - MSE(result, truth) / MSE(original, truth) inside the region: 1 is perfect, 0 equals no edit.

    NaN where the truth does not differ from the original.
    """
    unedited = mean_square(original, truth, region)
    return 1 - mean_square(result, truth, region) / unedited if unedited > 0 else float("nan")


def confusion(truth: npt.NDArray[np.uint8], guess: npt.NDArray[np.uint8], classes: int) -> npt.NDArray[np.int64]:
    """Confusion matrix (classes, classes) of label maps of one shape; rows are the truth."""
    joint = truth.reshape(-1).astype(np.int64) * classes + guess.reshape(-1)
    return np.bincount(joint, minlength=classes * classes).reshape(classes, classes)


def merge_classes(total: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Confusion matrix (7, 7) of the merged classes (`postprocess.labels.GROUPS`) from that of the 19."""
    join = np.eye(len(GROUPS), dtype=np.int64)[MERGED]
    return join.T @ total @ join


def intersection_over_union(total: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """IoU per class of a confusion matrix; NaN for classes in neither truth nor guess."""
    union = total.sum(0) + total.sum(1) - np.diag(total)
    return np.where(union > 0, np.diag(total) / np.maximum(union, 1), np.nan)


def parsing_figures(total: npt.NDArray[np.int64]) -> dict[str, float]:
    """Figures of a confusion matrix (19, 19), rows are the truth.

    Returns:
        `iou_K`: IoU of each class that covers at least 0.1 % of the pixels; `miou_19`: their mean; `miou_merged`: mean
        IoU of the seven merged classes; `accuracy`: share of correct pixels. All 0..1.
    """
    common = total.sum(1) / total.sum() >= 1e-3
    each = intersection_over_union(total)
    return {f"iou_{k}": float(each[k]) for k in np.flatnonzero(common)} | {
        "miou_19": float(each[common].mean()),
        "miou_merged": float(np.nanmean(intersection_over_union(merge_classes(total)))),
        "accuracy": float(np.trace(total) / total.sum()),
    }


def mask_iou(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks; 1 when both are empty."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def succeeded(
    prediction: Mapping[str, npt.NDArray[np.floating]], identifier: str, limits: Limits
) -> npt.NDArray[np.bool_]:
    """Whether each image reached the target of the edit, bool (B,).

    A class is reached when it is the most probable one, a cursor when it is beyond the percentile at its end.

    Args:
        prediction: Result of `AttributePredictor.predict`.
        limits: 10th and 90th percentile of the population by cursor code.
    """
    wanted = parse(identifier)
    found = prediction[wanted.code]
    if wanted.code not in limits:
        return np.asarray(found.argmax(1) == int(wanted.value))
    low, high = limits[wanted.code]
    return np.asarray(found < low if wanted.value == "min" else found > high)


def others_moved(
    before: Mapping[str, npt.NDArray[np.floating]], after: Mapping[str, npt.NDArray[np.floating]], code: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Effect of an edit of `code` on the other attributes.

    Args:
        before: Predictions of one image, or of as many as `after` has.

    Returns:
        Share of classes that changed, (B,), and mean absolute change of cursors, (B,).
    """
    classes = [a.argmax(1) != before[c].argmax(1) for c, a in after.items() if a.ndim == 2 and c != code]
    cursors = [np.abs(a - before[c]) for c, a in after.items() if a.ndim == 1 and c != code]
    return np.mean(classes, axis=0), np.mean(cursors, axis=0)
