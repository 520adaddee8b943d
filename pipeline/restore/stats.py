"""What became of every photo of a restoration: the statistics are also how a second start knows what is done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core.files import write_atomic

FILE = "restoration_stats.json"
Status = Literal["restored", "no face", "skipped", "failed", "waiting"]


@dataclass(frozen=True)
class Record:
    """One photo. status: `no face` was kept, `skipped` had none either and was left out · sha256: of its file · faces:
    seen in it · restored: how many of these were restored · seconds: its share of its portion."""

    name: str
    source: str
    status: Status
    sha256: str = ""
    faces: int = 0
    restored: int = 0
    seconds: float = 0.0
    error: str | None = None


class Statistics:
    """The records of an output folder, kept in `restoration_stats.json`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.records: dict[str, Record] = {}
        self.seconds = 0.0
        try:
            noted = json.loads(self.path.read_text("utf-8"))
            self.records = {entry["name"]: Record(**entry) for entry in noted["files"]}
            self.seconds = float(noted["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            self.records = {}  # not there, or not ours: everything is done again

    def done(self, name: str, sha256: str) -> Record | None:
        """The record of a photo that is complete and still the same file."""
        record = self.records.get(name)
        if record is None or record.sha256 != sha256 or record.status in ("failed", "waiting"):
            return None
        return record

    def write(self, inputs: Mapping[str, Path], settings: Mapping[str, Any], seconds: float) -> None:
        """Write them, every input once, in order; seconds: wall time of this run so far."""
        files = [self.records.get(name, Record(name, str(path), "waiting")) for name, path in inputs.items()]
        total = self.seconds + seconds
        handled = len(files) - _count(files, "waiting")
        content = {
            "inputs": len(files),
            "restored": _count(files, "restored"),
            "without_face": _count(files, "no face") + _count(files, "skipped"),
            "failed": _count(files, "failed"),
            "waiting": _count(files, "waiting"),
            "faces_found": sum(record.faces for record in files),
            "faces_restored": sum(record.restored for record in files),
            "seconds": round(total, 3),
            "images_per_second": round(handled / total, 4) if total else 0.0,
            "settings": dict(settings),
            "files": [{key: value for key, value in asdict(record).items() if value is not None} for record in files],
        }
        write_atomic(self.path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def _count(files: Sequence[Record], status: Status) -> int:
    return sum(record.status == status for record in files)
