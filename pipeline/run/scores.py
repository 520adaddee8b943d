"""Scores without ground truth: size of an edit, and change inside and outside its support."""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Frame, Image


def edit_scores(frame: Frame, raw: Image | None) -> dict[str, float]:
    """Scores of a finished frame.

    Args:
        raw: Its rendering before any step, if there is one.

    Returns:
        `support`: share of the image where the edit may differ, 0..1; `change`: mean absolute change inside the
        support, 0..255; `raw_leakage`, `leakage`: the same outside it, before and after the steps.
    """
    inside = frame.support.astype(np.float64)
    original = frame.portrait.image
    scores = {
        "support": float(inside.mean()),
        "change": _weighted(_difference(frame.image, original), inside),
        "leakage": _weighted(_difference(frame.image, original), 1.0 - inside),
    }
    if raw is not None:
        scores["raw_leakage"] = _weighted(_difference(raw, original), 1.0 - inside)
    return {name: round(value, 4) for name, value in scores.items()}


def _difference(first: Image, second: Image) -> NDArray[np.float64]:
    return np.abs(first.astype(np.int16) - second).mean(axis=2)


def _weighted(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total > 0 else 0.0
