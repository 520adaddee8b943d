"""The numbers of a restoration are those of all its starts together."""

import json
from pathlib import Path

from pipeline.restore.stats import FILE, Record, Statistics


def test_seconds_of_several_starts_add_up(tmp_path: Path) -> None:
    photos = {name: tmp_path / name for name in ("a", "b", "c")}
    for name, seconds in (("a", 2.0), ("b", 3.0)):
        statistics = Statistics(tmp_path)
        statistics.records[name] = Record(name, name, "restored", "0", 1, 1)
        statistics.write(photos, {}, 0.5)  # now and then
        statistics.write(photos, {}, seconds)
    found = json.loads((tmp_path / FILE).read_text())
    assert (found["restored"], found["waiting"]) == (2, 1)
    assert (found["seconds"], found["images_per_second"]) == (5.0, 0.4)


def test_faces_that_are_seen_and_faces_that_are_restored_are_two_numbers(tmp_path: Path) -> None:
    """Those turned away or cut off are seen only."""
    statistics = Statistics(tmp_path)
    statistics.records["a"] = Record("a", "a", "restored", "0", 3, 1)
    statistics.write({"a": tmp_path / "a"}, {}, 1.0)
    found = json.loads((tmp_path / FILE).read_text())
    assert (found["faces_found"], found["faces_restored"]) == (3, 1)
