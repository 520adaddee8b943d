"""Held-out figures of generator, parser and depth net."""

from collections.abc import Iterator

import numpy as np
import torch

from pipeline.core.images import psnr
from pipeline.models import Models
from pipeline.quality import metrics
from pipeline.quality.portraits import SEED_OFFSET
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import render
from postprocess.depth import foreground
from postprocess.labels import CLASSES, FEATURES

BATCH = 10


def net_figures(models: Models, count: int) -> Iterator[dict[str, float]]:
    """Figures over the first 10, 20, ... `count` held-out portraits; the last one yielded is the result.

    Yields:
        `generator_psnr`, `generator_features`, `generator_half_width`: mean PSNR in dB against the render; `parser_*`:
        see `metrics.parsing_figures`; `depth_iou`: IoU of the foregrounds by the net's depth and by the true one.
    """
    figures: dict[str, list[float]] = {}
    labels = np.zeros((len(CLASSES),) * 2, np.int64)
    for start in range(0, count, BATCH):
        seeds = range(HELD_OUT_SEED + SEED_OFFSET + start, HELD_OUT_SEED + SEED_OFFSET + min(start + BATCH, count))
        z = torch.cat([sample_z(1, seed) for seed in seeds])
        true = render(Parameters.from_z(z), models.generator.resolution)
        w = models.generator.map(z)
        whole, half = models.generator.render(w), models.generator.render(w, ratio=0.5)
        depth = models.depth.inverse_depth(list(true.rgb))
        labels += metrics.confusion(true.labels, models.parser.labels(list(true.rgb)), len(CLASSES))
        for i, picture in enumerate(true.rgb):
            features = np.isin(true.labels[i], FEATURES)
            for name, value in (
                ("generator_psnr", psnr(whole[i], picture)),
                ("generator_features", psnr(whole[i], picture, features)),
                ("generator_half_width", psnr(half[i], picture)),
                ("depth_iou", metrics.mask_iou(foreground(depth[i]), foreground(true.depth[i]))),
            ):
                figures.setdefault(name, []).append(value)
        yield {name: float(np.nanmean(found)) for name, found in figures.items()} | {
            f"parser_{name}": value for name, value in metrics.parsing_figures(labels).items()
        }
