"""`face-edit bench edits`: our edits, published methods and yours on the same portraits and latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.bench.output import RowWriter, rich_table, write_report
from apps.bench.plots import success_plot
from apps.console import ConsoleProgress
from pipeline.batch.folder import RunFolder
from pipeline.core.errors import BadInput
from pipeline.core.files import json_bytes, write_atomic

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import RunConfig
    from pipeline.models import Models
    from pipeline.quality.judging import Row

RESULTS = "results.json"


def run(
    models: Models,
    config: RunConfig,
    portraits: int,
    output: Path,
    methods: Sequence[str],
    export: bool,
    console: Console,
) -> int:
    """Measure and report; with `export`, only write portraits, latents and targets.

    Args:
        methods: Results of others, each NAME=FOLDER.
    """
    from pipeline.quality.benchmark import PORTRAITS, TARGETS, Benchmark

    with RunFolder(output) as folder, ConsoleProgress("step") as progress:
        bench = Benchmark(folder, models, config, portraits, others(methods), progress)
        bench.prepare()
        if export:
            console.print(f"{output / PORTRAITS}: {portraits} portraits; {output / TARGETS}: their edits")
            return 0
        rows = [row for found in bench.measure() for row in found]
    about = {
        "models": models.set.name,
        "weights": models.fingerprint,
        "size": models.generator.resolution,
        "config": config.model_dump(mode="json"),
    }
    _report(rows, bench.titles, about, output, console)
    return 0


def others(methods: Sequence[str]) -> dict[str, Path]:
    """Folders by method from NAME=FOLDER; raises BadInput for another form or a name of our own."""
    from pipeline.quality.methods import TITLES, WITHOUT

    found: dict[str, Path] = {}
    for text in methods:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise BadInput(f"--method {text!r} cannot be read: write it as NAME=FOLDER.")
        if name in TITLES or name.startswith(WITHOUT) or name in found:
            raise BadInput(f"There is a method {name} already: choose another name for {folder}.")
        found[name] = Path(folder)
    return found


def _report(
    rows: Sequence[Row], titles: Mapping[str, str], about: Mapping[str, Any], output: Path, console: Console
) -> None:
    from pipeline.quality.comparison_report import Comparison
    from pipeline.quality.methods import WITHOUT

    comparison = Comparison(rows, titles)
    writer = RowWriter(output / "rows.csv")
    writer.write(rows)
    write_atomic(output / RESULTS, json_bytes(comparison.results(about), indent=1))
    shown = {titles[name]: found for name, found in comparison.figures.items() if not name.startswith(WITHOUT)}
    tables = comparison.tables()
    count = len({row["portrait"] for row in rows})
    heading = f"Edits of {count} held-out portraits with the {about['models']} set, by method"
    path = write_report(output, tables, heading, "edits", plots={"methods": success_plot(shown)})
    console.print(rich_table(tables[0]))
    console.print(f"{path}: this, differences and plots; {output / RESULTS}: as JSON; {writer.path}: every edit")
