"""Output of the benchmark: tables in the terminal, Markdown, CSV and a plot per metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.files import write_atomic
from pipeline.quality.judging import Row
from pipeline.quality.summary import Table

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def rich_table(table: Table) -> RichTable:
    """Table for the terminal; rows that end in MISS are red."""
    from rich.table import Table as RichTable

    shown = RichTable(title=table.title, title_justify="left")
    for i, column in enumerate(table.columns):
        shown.add_column(column, justify="left" if i == 0 else "right")
    for row in table.rows:
        shown.add_row(*row, style="red" if row[-1] == "MISS" else None)
    return shown


def markdown(table: Table) -> str:
    """Markdown table under a heading."""
    lines = [f"## {table.title}", "", "| " + " | ".join(table.columns) + " |"]
    lines.append("|" + "|".join("---" if i == 0 else "--:" for i in range(len(table.columns))) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join(lines) + "\n"


def write_report(
    folder: Path,
    tables: Sequence[Table],
    heading: str,
    name: str = "quality",
    notes: Sequence[str] = (),
    plots: Mapping[str, bytes] | None = None,
) -> Path:
    """Write NAME.md with notes and all tables, SLUG.csv and SLUG.png; returns the Markdown file.

    Args:
        notes: Sentences before the tables.
        plots: PNG files by slug; tables per edit have bars without one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [f"# {heading}\n", *(f"{note}\n" for note in notes)]
    for table in tables:
        parts.append(markdown(table))
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([table.columns, *table.rows])
        write_atomic(folder / f"{table.slug}.csv", buffer.getvalue().encode())
        plot = (plots or {}).get(table.slug) or (bar_chart(table) if table.columns[0] == "edit" else None)
        if plot is not None:
            write_atomic(folder / f"{table.slug}.png", plot)
            parts.append(f"![{table.title}]({table.slug}.png)\n")
    write_atomic(folder / f"{name}.md", "\n".join(parts).encode())
    return folder / f"{name}.md"


class RowWriter:
    """Appends each portrait's rows to a new CSV file at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path, self.columns = path, list[str]()

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows; the first one defines the columns."""
        with self.path.open("a", newline="") as file:
            if not self.columns:
                self.columns = list(rows[0])
                csv.writer(file, lineterminator="\n").writerow(self.columns)
            csv.DictWriter(file, self.columns, lineterminator="\n").writerows(map(_rounded, rows))


def _rounded(row: Row) -> dict[str, float | str]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in row.items()}


def bar_chart(table: Table) -> bytes:
    """PNG file with a group of bars per edit and a colour per column."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names, series = [row[0] for row in table.rows], table.columns[1:]
    figure = Figure(figsize=(max(6.0, 0.42 * len(names)), 3.6), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(series)
    for k, title in enumerate(series):
        heights = [float(row[k + 1]) if row[k + 1] != "-" else 0.0 for row in table.rows]
        places = [i + (k - (len(series) - 1) / 2) * width for i in range(len(names))]
        axes.bar(places, heights, width, label=title)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_title(table.title, fontsize=10)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=7, ncols=min(len(series), 4))
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
