"""`face-edit bench speed`: seconds per image of inversion, rendering and each blending step, best of three runs."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from pipeline.core.images import resize
from pipeline.core.types import Frame, Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import OpenStep, render
from pipeline.edit.select_edits import choose_edits
from pipeline.quality.edits import Bench
from pipeline.world.samples import samples

RUNS = 3


def best_of(work: Callable[[], object]) -> float:
    """Shortest wall time of RUNS runs, in seconds."""
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def speed(bench: Bench, edits: int = 8) -> Iterator[tuple[str, float]]:
    """(stage, seconds per image) for one sample portrait and a batch of its edits, in the order of the pipeline."""
    models = bench.models
    image = resize(samples()[0].portrait.rgb, models.generator.resolution)

    def inversion() -> np.ndarray:
        return invert(image, models, bench.config.projection).latent

    latent = inversion()
    yield "inversion", best_of(inversion)
    portrait = Portrait("sample", image, latent, models.space)
    chosen = choose_edits(portrait, models)[0][:edits]
    frames = render(portrait, chosen, models)
    yield "render", best_of(lambda: render(portrait, chosen, models)) / len(chosen)
    for step in bench.steps:
        after = step.apply(frames)
        yield step.name, best_of(partial(_fresh, step, portrait, frames)) / len(chosen)
        frames = after


def _fresh(step: OpenStep, portrait: Portrait, frames: list[Frame]) -> list[Frame]:
    """Apply a step without cached maps of the portrait, as on its first batch."""
    portrait.maps.clear()
    return step.apply(frames)
