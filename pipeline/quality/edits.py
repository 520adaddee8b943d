"""`face-edit bench quality`: edits of held-out portraits against the true counterfactuals, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from pipeline.config import RunConfig
from pipeline.core.images import psnr
from pipeline.core.types import Edit, Frame, Image, Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import OpenStep, blend, open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.quality import metrics
from pipeline.quality.judging import Judging, Row
from pipeline.quality.metrics import Limits
from pipeline.quality.portraits import Subject, population_limits, subjects
from pipeline.world.latents import latents
from pipeline.world.person import Person

T = TypeVar("T")
Images = Sequence[Image] | Image
RAW = "translation"


@dataclass(frozen=True)
class Bench:
    """Data shared by all portraits: nets, configuration, opened steps, limits of the cursors."""

    models: Models
    config: RunConfig
    steps: Sequence[OpenStep]
    limits: Limits

    @property
    def stages(self) -> list[str]:
        """Measured stages: the rendering, then each step."""
        return [RAW, *(step.name for step in self.steps)]


def open_bench(models: Models, config: RunConfig) -> Bench:
    """Open the steps and compute the limits."""
    return Bench(models, config, open_steps(config.step_settings(), models), population_limits())


def measure(bench: Bench, count: int) -> Iterator[list[Row]]:
    """Rows of each portrait, one per edit, see `edit_rows`."""
    for subject in subjects(count, bench.models.generator.resolution):
        started = time.perf_counter()
        found = invert(subject.image, bench.models, bench.config.projection)
        portrait: Row = {
            "portrait": str(subject.number),
            "name": subject.name,
            "inversion_psnr": found.figures["inversion_psnr"],
            "inversion_seconds": time.perf_counter() - started,
        }
        yield [portrait | row for row in portrait_rows(bench, subject, found.latent)]


def grouped(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items; the last may be shorter."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def portrait_rows(bench: Bench, subject: Subject, latent: np.ndarray) -> Iterator[Row]:
    """One row per edit of a portrait with the inverted latent (n_style, dim)."""
    portrait = Portrait(subject.name, subject.image, latent, bench.models.space)
    edits = [
        edit
        for edit in choose_edits(portrait, bench.models, budget=bench.config.search_budget)[0]
        if subject.shows(edit.name)
    ]
    for group in grouped(edits, bench.config.batch):
        yield from edit_rows(bench, subject, portrait, group)
    portrait.maps.clear()


def edit_rows(bench: Bench, subject: Subject, portrait: Portrait, edits: list[Edit]) -> Iterator[Row]:
    """Rows of a batch of edits.

    Yields:
        Per stage the figures of `Judging.changes`. For the raw rendering, the final frame and the truth (a measure of
        the judging nets) those of `Judging.seen`. `nearer`: 1 when the final frame is nearer to the truth than the raw
        one. `error_*`: PSNR in dB inside the region, see `sources_of_error`.
    """
    judging = Judging(subject, [edit.name for edit in edits], bench.models, bench.limits)
    stages = frames_by_stage(bench, portrait, edits)
    raw, final = stages[RAW], stages[bench.stages[-1]]
    sources = sources_of_error(bench, subject, edits, judging.people, raw, final, judging.truths)
    changes = {stage: judging.changes(images) for stage, images in stages.items()}
    seen = {"raw": judging.seen(raw), "final": judging.seen(final), "truth": judging.seen_in_truths}
    for i, edit in enumerate(edits):
        truth, region = judging.truths[i], judging.regions[i]
        row: Row = {"edit": edit.name, "region": float(region.mean())}
        for place, figures in (changes | seen).items():
            row |= {f"{name}_{place}": value for name, value in figures[i].items()}
        row["nearer"] = float(metrics.mean_square(final[i], truth) < metrics.mean_square(raw[i], truth))
        yield row | {f"error_{name}": psnr(a[i], b[i], region) for name, (a, b) in sources.items()}


def frames_by_stage(bench: Bench, portrait: Portrait, edits: Sequence[Edit]) -> dict[str, list[Image]]:
    """Images of every stage, in the order of the edits; the first are renderings, also of edits that do without."""
    stages: dict[str, list[Image]] = {}

    def watch(name: str, frames: list[Frame]) -> None:
        stages[name] = [frame.image for frame in frames]

    blend(render(portrait, edits, bench.models), bench.steps, watch)
    return stages


def sources_of_error(
    bench: Bench,
    subject: Subject,
    edits: Sequence[Edit],
    people: list[Person],
    raw: Images,
    final: Images,
    truths: Images,
) -> dict[str, tuple[Images, Images]]:
    """Pairs of images that differ by one source of error each.

    Returns:
        `generator`: rendering of the counterfactual's latent, and the truth. `direction`: true latent plus translation,
        and the counterfactual's latent. `inversion`: the translation from the inverted latent, and from the true one.
        `blending`: the final frame, and the raw one.
    """
    generator = bench.models.generator
    expected = generator.render(latents(people, generator.dim))
    true = latents([subject.person], generator.dim)[:, None]
    moved = generator.render(np.concatenate([true + edit.displacement() for edit in edits]))
    return {
        "generator": (expected, truths),
        "direction": (moved, expected),
        "inversion": (raw, moved),
        "blending": (final, raw),
    }
