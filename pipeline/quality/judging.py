"""Figures of edited images of one portrait against the true counterfactuals, shared by all benches of edits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.images import psnr
from pipeline.core.types import Image
from pipeline.quality import metrics
from pipeline.quality.metrics import Limits
from pipeline.quality.portraits import Subject

if TYPE_CHECKING:
    from pipeline.models import Models

Row = dict[str, float | str]
Figures = dict[str, float]


class Judging:
    """Judges images of edits of a portrait.

    Args:
        subject: The portrait.
        identifiers: N edits.
        models: With a judge and an identity net.
        limits: Percentiles at which a cursor's target is reached.

    Attributes:
        people: The edited person of each edit.
        truths: Their images, the true counterfactuals.
        regions: Where each truth differs from the portrait, bool (H, W).
    """

    def __init__(self, subject: Subject, identifiers: Sequence[str], models: Models, limits: Limits) -> None:
        self.subject, self.identifiers = subject, list(identifiers)
        self.people, self.truths = subject.counterfactuals(self.identifiers)
        self.regions = [metrics.changed_region(subject.image, truth) for truth in self.truths]
        self._models, self._limits = models, limits

    def changes(self, images: Sequence[Image]) -> list[Figures]:
        """What N images, one per edit, change: `leakage`, `outside_psnr`, `gain`."""
        original = self.subject.image
        return [
            {
                "leakage": metrics.leakage(original, image, region),
                "outside_psnr": psnr(original, image, ~region),
                "gain": metrics.region_gain(original, image, truth, region),
            }
            for image, truth, region in zip(images, self.truths, self.regions, strict=True)
        ]

    def seen(self, images: Sequence[Image]) -> list[Figures]:
        """What the judging nets see in N images, one per edit.

        `success` (0 or 1), `moved_classes`, `moved_cursors`, `identity` (distance from the portrait).
        """
        judged = self._models.judge.predict(images)
        likeness = self._models.identity.embed(images) @ self._itself
        found = []
        for i, name in enumerate(self.identifiers):
            one = {code: values[i : i + 1] for code, values in judged.items()}
            classes, cursors = metrics.others_moved(self._before, one, parse(name).code)
            found.append(
                {
                    "success": float(metrics.succeeded(one, name, self._limits)[0]),
                    "moved_classes": float(classes[0]),
                    "moved_cursors": float(cursors[0]),
                    "identity": float(1 - likeness[i]),
                }
            )
        return found

    @cached_property
    def seen_in_truths(self) -> list[Figures]:
        """What the judging nets see in the true counterfactuals."""
        return self.seen(self.truths)

    @cached_property
    def _before(self) -> dict[str, np.ndarray]:
        return self._models.judge.predict([self.subject.image])

    @cached_property
    def _itself(self) -> np.ndarray:
        return self._models.identity.embed([self.subject.image])[0]
