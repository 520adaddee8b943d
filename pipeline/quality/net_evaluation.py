"""Held-out figures of generator, parser and depth net."""

from collections.abc import Iterator

import numpy as np

from pipeline.core.images import psnr
from pipeline.models import Models
from pipeline.quality import metrics
from pipeline.quality.portraits import FIRST_SEED
from pipeline.world.extra import renderer
from pipeline.world.latents import latents
from pipeline.world.person import draw
from pipeline.world.portrait import inverse_depth
from postprocess.depth import foreground
from postprocess.labels import CLASSES, FEATURES

BATCH = 10


def net_figures(models: Models, count: int) -> Iterator[dict[str, float]]:
    """Figures over the first 10, 20, ... `count` held-out portraits; the last one yielded is the result.

    Yields:
        `generator_psnr`, `generator_features`, `generator_half_width`: mean PSNR in dB against the render; `parser_*`:
        see `metrics.parsing_figures`; `depth_iou`: IoU of the foregrounds by the net's depth and by the true one.

    Raises:
        BadInput: The renderer of people is missing.
    """
    figures: dict[str, list[float]] = {}
    labels = np.zeros((len(CLASSES),) * 2, np.int64)
    generator, render = models.generator, renderer()
    for start in range(0, count, BATCH):
        people = [draw(FIRST_SEED + number) for number in range(start, min(start + BATCH, count))]
        true = [render(person, generator.resolution) for person in people]
        pictures = [portrait.rgb for portrait in true]
        w = latents(people, generator.dim)
        whole, half = generator.render(w), generator.render(w, ratio=0.5)
        depth = models.depth.inverse_depth(pictures)
        seen = models.parser.labels(pictures)
        labels += metrics.confusion(np.stack([portrait.labels for portrait in true]), seen, len(CLASSES))
        for i, portrait in enumerate(true):
            features = np.isin(portrait.labels, FEATURES)
            nearness = inverse_depth(portrait.depth)
            for name, value in (
                ("generator_psnr", psnr(whole[i], portrait.rgb)),
                ("generator_features", psnr(whole[i], portrait.rgb, features)),
                ("generator_half_width", psnr(half[i], portrait.rgb)),
                ("depth_iou", metrics.mask_iou(foreground(depth[i]), foreground(nearness))),
            ):
                figures.setdefault(name, []).append(value)
        yield {name: float(np.nanmean(found)) for name, found in figures.items()} | {
            f"parser_{name}": value for name, value in metrics.parsing_figures(labels).items()
        }
