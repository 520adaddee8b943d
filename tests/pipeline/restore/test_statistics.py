"""The numbers of a restoration are those of all its starts together."""

import json
from pathlib import Path
from typing import Any

from pipeline.batch.manifest import Record
from pipeline.restore.statistics import FILE, earlier_seconds, write_statistics


def record(name: str, found: int, restored: int) -> list[Record]:
    return [Record(name, name, "0", 1, "restore", image=name, scores={"faces": found, "restored": restored})]


def written(folder: Path, photos: dict[str, Path], records: dict[str, list[Record]], seconds: float) -> dict[str, Any]:
    write_statistics(folder, photos, records, {}, seconds)
    found: dict[str, Any] = json.loads((folder / FILE).read_text())
    return found


def test_seconds_of_several_starts_add_up(tmp_path: Path) -> None:
    photos = {name: tmp_path / name for name in ("a", "b", "c")}
    assert earlier_seconds(tmp_path) == 0
    written(tmp_path, photos, {"a": record("a", 1, 1)}, 2.0)
    assert earlier_seconds(tmp_path) == 2.0
    found = written(tmp_path, photos, {"a": record("a", 1, 1), "b": record("b", 1, 1)}, earlier_seconds(tmp_path) + 3.0)
    assert (found["restored"], found["waiting"]) == (2, 1)
    assert (found["seconds"], found["images_per_second"]) == (5.0, 0.4)
    (tmp_path / FILE).write_text("{")
    assert earlier_seconds(tmp_path) == 0


def test_faces_that_are_seen_and_faces_that_are_restored_are_two_numbers(tmp_path: Path) -> None:
    """Those turned away or cut off are seen only."""
    found = written(tmp_path, {"a": tmp_path / "a"}, {"a": record("a", 3, 1)}, 1.0)
    assert (found["faces_found"], found["faces_restored"]) == (3, 1)
