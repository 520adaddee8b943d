"""Report of an audit of translations: one self-contained HTML page with the failures, and the figures as JSON."""

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.core.attributes import attributes, parse
from pipeline.core.files import json_bytes, printable, write_atomic
from pipeline.core.images import jpeg_url
from projection.directions.audit import Audited
from projection.directions.improve import Repair

PAGE, DATA = "audit.html", "audit.json"
PICTURES = 6
"""Pairs of pictures of each flagged translation."""


def write_audit(
    folder: Path,
    store: str,
    models: str,
    reader: str,
    audited: Sequence[Audited],
    repairs: Mapping[str, Repair] | None = None,
) -> Path:
    """Write `audit.html` and `audit.json`; returns the page.

    Args:
        store: What was audited, in words.
        models: Name of the model set.
        reader: Net that success is read with: judge or predictor.
        repairs: Improvements by name; None: none were looked for.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("pipeline.quality") / "templates" / PAGE).read_text("utf-8"))
    rows = [_row(each) for each in audited]
    words = {name: in_words(repair) for name, repair in (repairs or {}).items()}
    shown = [row | {"pictures": _pictures(each)} for row, each in zip(rows, audited, strict=True)]
    page = template.render(
        store=store,
        models=models,
        reader=reader,
        portraits=max((each.figures.portraits for each in audited), default=0),
        rows=shown,
        flagged=[row for row in shown if row["flags"]],
        repairs=words,
    )
    data = {"store": store, "models": models, "reader": reader, "translations": {row["name"]: row for row in rows}}
    if repairs is not None:
        data["improved"] = words
    write_atomic(folder / DATA, json_bytes(data))
    write_atomic(folder / PAGE, printable(page).encode())
    return folder / PAGE


def in_words(repair: Repair) -> str:
    """What an improvement changed and how far it helped."""
    return f"{repair.how}: {repair.before:.2f} → {repair.after:.2f} on held-out portraits"


def _row(each: Audited) -> dict[str, Any]:
    name = parse(each.name)
    attribute = attributes()[name.code]
    code = max(each.figures.leak, key=lambda code: each.figures.leak[code], default="")
    return {
        "name": each.name,
        "title": f"{attribute.title}: {attribute.values[name.value].title}",
        "figures": each.figures.as_dict(),
        "fitted": each.fitted.as_dict() if each.fitted is not None else None,
        "alignment": None if math.isnan(each.alignment) else round(each.alignment, 4),
        "moving": round(each.moving, 4),
        "flags": list(each.flags),
        "most": f"{attributes()[code].title.lower()} {each.figures.leak[code]:.2f}" if code else "",
    }


def _pictures(each: Audited) -> list[dict[str, Any]]:
    return [
        {"before": jpeg_url(before), "after": jpeg_url(after), "reached": reached}
        for before, after, reached in (each.pictures[:PICTURES] if each.flags else ())
    ]
