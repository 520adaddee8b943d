"""How far the scores of a picture are towards the target of an edit, and what else has changed in them."""

import numpy as np

from pipeline.core.attributes import attributes, canonical, head_slices, parse
from pipeline.core.types import Floats
from projection.attributes.scoring import agreement, bystanders, changes

ENOUGH = 0.95
"""Probability of a class at which its target is reached."""


def progress(name: str, scores: Floats) -> Floats:
    """How far each row of scores (N, outputs) is towards the target, (N,): 1 and more when it is reached.

    A cursor goes to its canonical value; an inner class of a scale to where the expected class is that class; other
    classes to the probability `ENOUGH`.
    """
    parsed = parse(name)
    attribute = attributes()[parsed.code]
    if attribute.kind == "cursor":
        (target,) = canonical(name).values()
        return agreement(parsed, scores) / np.float32(abs(target))
    numbers = [int(value) for value in attribute.values]
    wanted = int(parsed.value)
    if attribute.ordered and wanted not in (min(numbers), max(numbers)):
        expected = scores[:, head_slices()[parsed.code]] @ np.asarray(numbers, np.float32)
        start = int(parsed.source) if parsed.source is not None else min(numbers)
        return np.asarray((expected - start) / (wanted - start), np.float32)
    return agreement(parsed, scores) / np.float32(ENOUGH)


def leak(name: str, before: Floats, scores: Floats) -> Floats:
    """Mean change (N,) of the other attributes: of cursors, and half the sum over the probabilities of classes."""
    parts = changes(bystanders(parse(name)), before, scores)
    return np.asarray(np.mean(list(parts.values()), axis=0), np.float32)
