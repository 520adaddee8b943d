"""`face-edit bench speed`: time, share of the machine's peak and memory of each stage of a portrait and its edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config import RunConfig
from pipeline.core.images import read_image, resize, write_image
from pipeline.core.types import Frame, Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import OpenStep, arithmetic, open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.quality.machine import best_of, count_operations, memory_peak
from pipeline.quality.summary import Table
from pipeline.world.samples import studio_pictures

PER_PORTRAIT = ("read", "inversion")
"""Stages that run once a portrait; the others run once an edit."""


@dataclass(frozen=True)
class Stage:
    """Figures of a stage.

    Attributes:
        name: `read`, `inversion`, `edits` (choice of edits and their strengths), `translation`, a step, or `write`.
        seconds: Per portrait for `read` and `inversion`, else per edit; best of three.
        operations: Floating-point operations of convolutions and matrix products, for the same unit; 0 where another
            backend than torch runs a net.
        memory: Peak in bytes while the stage runs, nets and everything before included; None where it is not told.
    """

    name: str
    seconds: float
    operations: float
    memory: int | None


def speed(models: Models, config: RunConfig, edits: int) -> Iterator[Stage]:
    """Stages in the order of the pipeline, for one sample portrait and a batch of at most `edits` of its edits."""
    with arithmetic(config.precision, models.device), TemporaryDirectory() as folder:
        yield from _stages(models, config, edits, Path(folder))


def _stages(models: Models, config: RunConfig, edits: int, folder: Path) -> Iterator[Stage]:
    steps = open_steps(config.step_settings(), models)
    image = resize(read_image(studio_pictures()[0]), models.generator.resolution)
    write_image(folder / "portrait.png", image)

    in_torch = set(models.backends.values()) == {"torch"}

    def measured(name: str, work: Callable[[], object], count: int = 1) -> Stage:
        memory = memory_peak(work, models.device)  # first: it warms up
        operations = count_operations(work) / count if in_torch else 0.0
        return Stage(name, best_of(work, models.device) / count, operations, memory)

    yield measured("read", lambda: read_image(folder / "portrait.png"))
    yield measured("inversion", lambda: invert(image, models, config.projection))
    portrait = Portrait("portrait", image, invert(image, models, config.projection).latent, models.space)
    found = choose_edits(portrait, models, budget=config.search_budget)[0]
    yield measured("edits", lambda: choose_edits(portrait, models, budget=config.search_budget), len(found))
    chosen = found[:edits]
    frames = render(portrait, chosen, models)
    yield measured("translation", lambda: render(portrait, chosen, models), len(chosen))
    for step in steps:
        yield measured(step.name, partial(_fresh, step, portrait, frames), len(chosen))
        frames = step.apply(frames)

    def write() -> None:
        for frame in frames:
            write_image(folder / "edit.png", frame.image)

    yield measured("write", write, len(chosen))


def _fresh(step: OpenStep, portrait: Portrait, frames: list[Frame]) -> list[Frame]:
    """Apply a step without cached maps of the portrait, as on its first batch."""
    portrait.maps.clear()
    return step.apply(frames)


def images_per_second(stages: Sequence[Stage], edits: int) -> tuple[float, float]:
    """Images a second of one portrait with `edits` edits, stage after stage: all, and without the inversion."""
    once = {stage.name: stage.seconds for stage in stages if stage.name in PER_PORTRAIT}
    each = sum(stage.seconds for stage in stages if stage.name not in PER_PORTRAIT)
    rest = sum(once.values()) - once["inversion"] + edits * each
    return edits / (rest + once["inversion"]), edits / rest


def speed_table(stages: Sequence[Stage], peak: float) -> Table:
    """Table of the stages; `peak` in operations a second."""
    rows = tuple(
        (
            stage.name,
            f"{1000 * stage.seconds:.1f}",
            f"{1 / stage.seconds:.2f}",
            f"{stage.operations / stage.seconds / peak:.0%}" if stage.operations else "-",
            f"{stage.memory / 2**20:.0f}" if stage.memory else "-",
        )
        for stage in stages
    )
    return Table("Stages", "speed", ("stage", "ms per image", "images/s", "share of peak", "peak memory, MiB"), rows)
