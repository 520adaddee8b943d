"""Report of a run as one self-contained HTML page: comparable images, figures, errors."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.config import RunConfig
from pipeline.core.files import printable, write_atomic
from pipeline.core.images import jpeg_url
from pipeline.run.report_rows import Picture, edit_order, gallery, title

NAME = "report.html"
SIDE = 320
MOST_ROWS = 24
INVERSION = ("inversion_psnr", "tuned_psnr", "inversion_identity", "tuned_identity")
"""Scores that belong to a portrait rather than to its edits."""


def write_report(folder: RunFolder, portraits: Sequence[Sequence[Record]], config: RunConfig) -> Path:
    """Write `report.html`: figures of all portraits, pictures (at most 320 pixels wide) of the first 24."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("pipeline.run") / "templates" / "report.html").read_text("utf-8"))
    rows = gallery(folder, portraits)
    page = template.render(
        name=folder.path.resolve().name,
        rows=rows[:MOST_ROWS],
        others=rows[MOST_ROWS:],
        data_url=_data_url,
        failed=[row for row in rows if row.error],
        warned=[row for row in rows if row.warning],
        summary=summary(portraits),
        edits=per_edit(portraits),
        config=yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        steps=list(config.step_settings()),
        models=config.models,
    )
    path = folder.path / NAME
    write_atomic(path, printable(page).encode())
    return path


def summary(portraits: Iterable[Sequence[Record]]) -> dict[str, Any]:
    """Figures over a whole run; a mean without values is None."""
    rows = list(portraits)
    records = [record for row in rows for record in row if record.edit is not None]
    return {
        "portraits": len(rows),
        "failed": sum(row[0].error is not None for row in rows),
        "images": len(records),
        "seconds": sum(record.seconds for record in records),
        **{name: _mean(row[0].scores.get(name) for row in rows) for name in INVERSION},
        **_means(records, ("support", "raw_leakage", "leakage")),
    }


def per_edit(portraits: Iterable[Sequence[Record]]) -> list[dict[str, Any]]:
    """Mean scores of each edit over the portraits, in the order of the attribute table."""
    by_edit: dict[str, list[Record]] = {}
    for row in portraits:
        for record in row:
            if record.edit is not None:
                by_edit.setdefault(record.edit, []).append(record)
    return [
        {
            "edit": edit,
            "title": title(edit),
            "count": len(records),
            "strength": _mean(record.strength for record in records),
            "missed": sum(record.missed is not None for record in records),
            "seconds": _mean(record.seconds for record in records),
            **_means(records, ("support", "change", "raw_leakage", "leakage")),
        }
        for edit, records in sorted(by_edit.items(), key=lambda pair: edit_order(pair[0]))
    ]


def _data_url(picture: Picture) -> str:
    """The picture as a data URL, or an empty text when it cannot be read."""
    pixels = picture.pixels(SIDE, enlarge=False)
    return "" if pixels is None else jpeg_url(pixels)


def _means(records: Sequence[Record], names: Sequence[str]) -> dict[str, float | None]:
    return {name: _mean(record.scores.get(name) for record in records) for name in names}


def _mean(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else None
