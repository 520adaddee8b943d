"""`restoration_stats.json`: counts and one entry per photo, written from the records of the manifest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pipeline.batch.manifest import Record
from pipeline.core.files import json_bytes, write_atomic

FILE = "restoration_stats.json"
Status = Literal["restored", "sharp", "no face", "skipped", "failed", "waiting"]


def status(record: Record | None) -> Status:
    """State of a photo; without a face it is `no face` when written unchanged and `skipped` when left out, and `sharp`
    when its faces were left as they are."""
    if record is None:
        return "waiting"
    if record.error is not None:
        return "failed"
    if record.image is None:
        return "skipped"
    if record.scores["restored"]:
        return "restored"
    return "sharp" if record.scores.get("sharp") else "no face"


def write_statistics(
    folder: Path,
    inputs: Mapping[str, Path],
    records: Mapping[str, Sequence[Record]],
    settings: Mapping[str, Any],
    seconds: float,
    note: str | None = None,
) -> None:
    """Write the statistics of all inputs, each once, in order.

    Args:
        records: Records of the finished photos, by name.
        seconds: Total duration of all starts so far.
        note: Sentence about the net.
    """
    firsts = {name: records[name][0] if name in records else None for name in inputs}
    states = [status(record) for record in firsts.values()]
    done = [record for record in firsts.values() if record is not None]
    content = {
        "inputs": len(states),
        "restored": states.count("restored"),
        "sharp": states.count("sharp"),
        "without_face": states.count("no face") + states.count("skipped"),
        "failed": states.count("failed"),
        "waiting": states.count("waiting"),
        "faces_found": sum(int(record.scores.get("faces", 0)) for record in done),
        "faces_restored": sum(int(record.scores.get("restored", 0)) for record in done),
        "faces_sharp": sum(int(record.scores.get("sharp", 0)) for record in done),
        "seconds": round(seconds, 3),
        "images_per_second": round((len(states) - states.count("waiting")) / seconds, 4) if seconds else 0.0,
        "settings": dict(settings),
        "note": note,
        "files": [_entry(name, path, firsts[name]) for name, path in inputs.items()],
    }
    write_atomic(folder / FILE, json_bytes(content, indent=2))


def earlier_seconds(folder: Path) -> float:
    """Duration of earlier starts in seconds, 0 without readable statistics."""
    try:
        return float(json.loads((folder / FILE).read_text("utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def _entry(name: str, path: Path, record: Record | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "source": str(path), "status": status(record)}
    if record is None:
        return entry
    faces = {key: int(record.scores.get(key, 0)) for key in ("faces", "restored", "sharp")}
    entry |= {"sha256": record.made_from, **faces, "seconds": record.seconds}
    return entry | {key: text for key in ("warning", "error") if (text := getattr(record, key)) is not None}
