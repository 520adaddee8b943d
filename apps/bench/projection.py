"""`face-edit bench projection`: table, plot and JSON of loss against time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from apps.bench.output import rich_table, write_report
from apps.bench.plots import projection_plot
from pipeline.core.errors import BadInput
from pipeline.core.files import json_bytes, write_atomic
from pipeline.core.images import read_image, resize

if TYPE_CHECKING:
    import torch
    from rich.console import Console

    from pipeline.core.types import Image
    from pipeline.models import Models
    from pipeline.quality.projection import Nets
    from projection.inversion.settings import ProjectionSettings

NAME = "projection"


def of_set(models: Models, portraits: int, wants_perceptual: bool) -> tuple[Nets, list[Image]]:
    """Nets of a model set, and the first sample portraits; raises BadInput when there are fewer."""
    from pipeline.quality.projection import Nets
    from pipeline.world.samples import studio_pictures

    pictures = studio_pictures()
    if not 0 < portraits <= len(pictures):
        raise BadInput(f"There are {len(pictures)} sample portraits: choose --portraits from 1 to {len(pictures)}.")
    perceptual = models.perceptual if wants_perceptual else None
    size = models.generator.resolution
    images = [resize(read_image(path), size) for path in pictures[:portraits]]
    return Nets(models.generator, models.encoder_or_none, perceptual), images


def of_seeded(size: int, device: torch.device) -> tuple[Nets, list[Image]]:
    """Nets of public size with random weights, and a picture of theirs."""
    from pipeline.quality.projection import seeded

    nets, image = seeded(size, device)
    return nets, [image]


def run(
    nets: Nets,
    images: list[Image],
    settings: ProjectionSettings,
    iterations: int,
    output: Path,
    console: Console,
) -> int:
    """Measure and report.

    Args:
        iterations: Of the published schedule.

    Raises:
        BadInput: No iterations.
    """
    from rich.progress import track

    from pipeline.quality.machine import describe_machine
    from pipeline.quality.projection import clock, compare, projection_table, schedules
    from projection.inversion.preconditioner import units

    if iterations < 1:
        raise BadInput(f"{iterations} iterations find no latent: choose --reference-iterations of 1 or more.")
    device = nets.generator.device
    started = clock(device)
    units(nets.generator)
    once = clock(device) - started
    count = len(images) * (1 + len(schedules(settings)))
    runs = list(track(compare(nets, images, settings, iterations), "inversions", count, console=console))
    table, machine = projection_table(runs), describe_machine(device)
    facts = ", ".join(f"{name} {value}" for name, value in machine.items())
    note = (
        f"{iterations} iterations of the published schedule; times faster to its lowest loss: median and least of "
        f"{len(images)}. Once for each generator, not included: {once:.1f} s for the units of lbfgs."
    )
    heading = f"Projection with {nets.generator.space}, {nets.generator.resolution} px"
    written = write_report(output, [table], heading, NAME, (facts, note), {table.slug: projection_plot(runs)})
    result = {
        "machine": machine,
        "space": nets.generator.space,
        "resolution": nets.generator.resolution,
        "reference_iterations": iterations,
        "units_seconds": once,
        "runs": [asdict(each) for each in runs],
    }
    write_atomic(written.with_suffix(".json"), json_bytes(result))
    console.print(rich_table(table))
    console.print(
        f"{facts}\n{note}\n{written}, {written.with_suffix('.png')}, {written.with_suffix('.json')}: the same"
    )
    return 0
