"""Beard of the demo set: where rendered men with a full beard have one, on a chart of the lower half of the face."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.core.types import Floats, Image
from pipeline.training.context import STUDIO_SEED, TrainingContext
from pipeline.world.extra import renderer
from pipeline.world.person import Person, counterfactual, draw
from pipeline.world.tufts import beard_cut
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.beards import ACROSS, DOWN, chart

MEN, LENGTH = 60, 0.6
"""Men to average, and length of their beards, 0..1."""
SIDE, RENDERED = 64, 128
"""Side of the density in cells, and of a rendering in pixels."""
DARKER = 25.0
"""Least difference in lightness (L*) between skin and hair: on others the beard is hardly seen."""
DENSEST = 0.95
"""Quantile of the mean density that counts as 1; no two men have the same edge."""


def write_beard(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Write the mean density of beards of the first MEN for training, and its mirror image's."""
    import cv2
    import torch

    from pipeline.core.weights import save_state

    found: list[tuple[Floats, Floats]] = []
    seed = STUDIO_SEED
    with context.bar as progress:
        while len(found) < MEN:
            one = _beard(draw(seed))
            seed += 1
            if one is not None:
                found.append(one)
                progress.step("growing beards", len(found), MEN)
    density = mean_density(found)
    density = np.asarray(cv2.GaussianBlur((density + density[:, ::-1]) / 2, (0, 0), 1.0), np.float32)
    density = np.clip(density / np.quantile(density[density > 0.05], DENSEST), 0, 1)
    log(f"beard    covers {100 * (density > 0.5).mean():.0f} % of its chart")
    metadata = context.metadata("beard", f"{MEN} studio people", {}, 0.0)
    save_state(context.target("beard"), {"density": torch.from_numpy(density).half()}, metadata)


def mean_density(found: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Mean of densities (SIDE, SIDE) where they are seen (SIDE, SIDE), 0 where most people have no skin."""
    total, seen = (np.sum(each, axis=0) for each in zip(*found, strict=True))
    return np.asarray(total / np.maximum(seen, 1) * np.clip(3 * seen / len(found), 0, 1), np.float32)


def density(before: Image, after: Image, labels: Labels) -> tuple[Floats, Floats] | None:
    """How much of the way to the hair's lightness a beard darkens the skin, and where skin is seen, on the chart.

    Args:
        before: A shaven man, uint8 (S, S, 3).
        after: The same man with a beard.
        labels: Classes of `before`, (S, S).

    Returns:
        Two float32 (SIDE, SIDE); None for hair that is hardly darker than the skin.
    """
    import cv2

    hair, skin, places = labels == CelebAMask.HAIR, labels == CelebAMask.SKIN, chart(labels)
    if places is None or hair.sum() < 0.01 * labels.size:
        return None
    first, last = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 0] * np.float32(100 / 255) for image in (before, after))
    dark = first[hair].mean()
    if np.median(first[skin]) - dark < DARKER:
        return None
    cover = np.clip((first - last) / np.maximum(first - dark, DARKER / 2), 0, 1)
    columns, rows = (
        np.floor((place - low) / (high - low) * SIDE).astype(int)
        for place, (low, high) in zip(places, (ACROSS, DOWN), strict=True)
    )
    inside = skin & (np.minimum(columns, rows) >= 0) & (np.maximum(columns, rows) < SIDE)
    total, count = np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    np.add.at(total, (rows[inside], columns[inside]), cover[inside])
    np.add.at(count, (rows[inside], columns[inside]), 1)
    return np.asarray(total / np.maximum(count, 1), np.float32), np.asarray(count > 0, np.float32)


def _beard(person: Person) -> tuple[Floats, Floats] | None:
    """Density of a man's full beard, None for anybody else."""
    if person.female > 0.5 or beard_cut(person.stream("beard")) != "full":
        return None
    render = renderer()
    shaven = render(counterfactual(person, beard=0.0), RENDERED)
    bearded = render(counterfactual(person, beard=LENGTH), RENDERED)
    return density(shaven.rgb, bearded.rgb, shaven.labels)
