"""Strength of a direction, and the styles of the generator that it needs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Floats

LIMITS = (0.25, 3.0)
"""Strengths of the search, in units of the linear estimate."""
CLOSE = 0.05
"""Distance from the goal, in shares of the way there, at which the search stops."""

Measure = Callable[[Floats], tuple[float, float]]
"""Displacement (n_style, dim) -> movement, in shares of the way from the median without to that with, and leak."""


@dataclass(frozen=True)
class Layers:
    """The styles first..last - 1, what they keep of the movement of all styles, and leak with all and with them."""

    first: int
    last: int
    kept: float
    leak_all: float
    leak: float


def strength(measure: Measure, path: Floats, evaluations: int) -> tuple[float, float]:
    """Strength of a displacement at which the movement is 1, and the movement there.

    False position between the strengths around the goal; where no strength within the limits reaches it, the one that
    comes nearest.
    """
    seen = {0.0: 0.0}
    tried = 1.0
    for _ in range(evaluations):
        seen[tried] = measure(np.float32(tried) * path)[0]
        if abs(seen[tried] - 1) <= CLOSE:
            break
        below = max((s for s, moved in seen.items() if moved < 1), default=0.0)
        above = min((s for s, moved in seen.items() if moved >= 1), default=None)
        if above is None:
            following = tried * float(np.clip(1 / max(seen[tried], 0.5), 1.1, 2))
        elif above < below:  # it falls again beyond
            break
        else:
            share = (1 - seen[below]) / (seen[above] - seen[below])
            following = below + float(np.clip(share, 0.1, 0.9)) * (above - below)
        following = float(np.clip(following, *LIMITS))
        if following in seen:
            break
        tried = following
    best = min((s for s in seen if s > 0), key=lambda s: abs(seen[s] - 1))
    return best, seen[best]


def needed(measure: Measure, path: Floats, block: int, share: float) -> tuple[Floats, Layers]:
    """A displacement (n_style, dim) with the styles set to 0 that it does not need, and which remain.

    Blocks of styles are left out at either end as long as the rest keeps `share` of the movement and leaks no more for
    its movement; of the two ends, the one that leaves less leak, where there is no predictor more movement.
    """
    all_moved, all_leak = measure(path)
    best = Layers(0, len(path), 1.0, all_leak, all_leak)
    while best.last - best.first > block and all_moved > 0:
        shorter = []
        for first, last in ((best.first + block, best.last), (best.first, best.last - block)):
            moved, leak = measure(only(path, first, last))
            layers = Layers(first, last, moved / all_moved, all_leak, leak)
            if layers.kept >= share and not leak / layers.kept > all_leak:
                shorter.append(layers)
        if not shorter:
            break
        best = min(shorter, key=lambda each: each.leak / each.kept if each.leak == each.leak else -each.kept)
    return only(path, best.first, best.last), best


def only(path: Floats, first: int, last: int) -> Floats:
    """A displacement with all styles but first..last - 1 set to 0."""
    kept = np.zeros_like(path)
    kept[first:last] = path[first:last]
    return kept
