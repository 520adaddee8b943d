"""`face-edit bench speed`: the table of stages in the terminal, as Markdown and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from apps.bench.output import rich_table, write_report
from pipeline.core.files import json_bytes, write_atomic

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import RunConfig
    from pipeline.models import Models

OTHER_STAGES = 5
"""Measured stages that are no step."""


def run(models: Models, config: RunConfig, edits: int, against: Path | None, output: Path, console: Console) -> int:
    """Measure and report.

    Args:
        edits: Edits of the portrait, at most.
        against: Checkout of the Anycost GAN's public code or of the public pipeline, or None.
    """
    from rich.progress import track

    from pipeline.quality.machine import convolution_peak, describe_machine
    from pipeline.quality.public_generator import SIZES, compare, pair_table
    from pipeline.quality.public_pipeline import is_pipeline, public_seconds, public_table
    from pipeline.quality.speed import images_per_second, speed, speed_table

    machine = describe_machine(models.device)
    peak = convolution_peak(models.device, config.precision)
    count = len(config.step_settings()) + OTHER_STAGES
    stages = list(track(speed(models, config, edits), "stages", count, console=console))
    whole, edited = images_per_second(stages, edits)
    pairs, public, backend = [], {}, models.backends["generator"]
    if against and is_pipeline(against):
        public = public_seconds(against)
    elif against:
        compared = compare(against, models.device, config.precision, backend)
        pairs = list(track(compared, "public code", len(SIZES), console=console))
    report = [speed_table(stages, peak), *([pair_table(pairs, config.precision, backend)] if pairs else [])]
    report += [public_table(public)] if public else []
    facts = ", ".join(f"{name} {value}" for name, value in machine.items())
    peaks = f"convolutions at most {peak / 1e9:.0f} GFLOP/s in {config.precision}"
    rate = f"{edits} edits a portrait: {whole:.2f} images/s, {edited:.2f} without the inversion"
    written = write_report(output, report, f"Speed of the {models.set.name} set", "speed", (facts, peaks, rate))
    result = {
        "machine": machine,
        "models": models.set.name,
        "precision": config.precision,
        "backends": models.backends,
        "convolution_peak": peak,
        "edits": edits,
        "images_per_second": {"whole": whole, "without_inversion": edited},
        "stages": [asdict(stage) for stage in stages],
        "against": [asdict(pair) for pair in pairs],
        "public_pipeline": public,
    }
    write_atomic(written.with_suffix(".json"), json_bytes(result))
    for table in report:
        console.print(rich_table(table))
    for line in models.ran:
        console.print(line)
    console.print(f"{facts}; {peaks}\n{rate}\n{written}, {written.with_suffix('.json')}: the same")
    return 0
