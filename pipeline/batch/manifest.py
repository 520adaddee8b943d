"""Manifest of a run, from which a killed run resumes: one line per portrait and edit."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.core.files import cannot_write, json_bytes, write_atomic

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Record:
    """One line. A failed portrait has a single record with `error` and no edit.

    Attributes:
        source: Path of the photo.
        made_from: Hash of the photo and everything else that decides its images.
        of: Number of edits of the portrait.
        image: Path of the edited crop in the run folder.
        seconds: Share of the duration of its batch.
        scores: Scores of `pipeline.run.scores` and figures of `pipeline.edit.latent_store.Latent`.
        current: Present class by attribute code.
        photo: Path of the edited photograph in the run folder.
        missed: Why the portrait does not reach the target of the edit.
    """

    portrait: str
    source: str
    made_from: str
    of: int
    edit: str | None = None
    strength: float | None = None
    image: str | None = None
    seconds: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    current: dict[str, int] = field(default_factory=dict)
    warning: str | None = None
    error: str | None = None
    photo: str | None = None
    missed: str | None = None


class Manifest:
    """The records of a run folder, kept in `manifest.jsonl`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def by_portrait(self) -> dict[str, list[Record]]:
        """The records of each portrait, read on first use."""
        found: dict[str, list[Record]] = {}
        for record in _read(self.path):
            found.setdefault(record.portrait, []).append(record)
        return found

    def finished(self, portrait: str, made_from: str) -> list[Record]:
        """Records of a portrait that is complete and has this hash; otherwise empty."""
        records = self.by_portrait.get(portrait, [])
        complete = bool(records) and len({record.edit for record in records} - {None}) == records[0].of
        valid = all(record.error is None and record.made_from == made_from for record in records)
        return records if complete and valid else []

    def rewrite(self, order: Iterable[str]) -> None:
        """Keep only the named portraits, in this order; drops torn lines. Raises BadInput if writing fails."""
        self.by_portrait = {name: self.by_portrait[name] for name in order if name in self.by_portrait}
        lines = [_line(record) for records in self.by_portrait.values() for record in records]
        write_atomic(self.path, b"".join(lines))

    def append(self, records: list[Record]) -> None:
        """Add all records of one portrait in one durable write; raises BadInput if that fails."""
        known = self.by_portrait  # read before the file grows
        data = b"".join(_line(record) for record in records)
        try:
            with self.path.open("ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.path, error) from error
        known[records[0].portrait] = records


def _line(record: Record) -> bytes:
    kept = {key: value for key, value in asdict(record).items() if value is not None and value != {}}
    return json_bytes(kept)


def _read(path: Path) -> list[Record]:
    if not path.is_file():
        return []
    records = []
    for line in path.read_bytes().split(b"\n")[:-1]:  # a last line without its end was torn by a kill
        try:
            records.append(Record(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return records
