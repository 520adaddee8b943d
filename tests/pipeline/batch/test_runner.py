"""The pass over a folder's items: groups, failures of every kind, interruptions, what is told to progress."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import Manifest, Record
from pipeline.batch.runner import Batch, Outcome
from pipeline.batch.work import Pending, Work
from pipeline.core.errors import BadInput, CannotWrite, MissingWeights
from pipeline.core.files import write_atomic
from tests.support.recorder import Recorder


@dataclass(frozen=True)
class Item:
    name: str
    path: Path = Path("photo")


class Toy(Work[Item, str, str]):
    """Writes the names of a group to the file of each of its items; fails where it was told to."""

    def __init__(self, folder: RunFolder, **failures: Exception) -> None:
        self.folder, self.failures = folder, failures
        self.loaded: list[str] = []
        self.groups: list[list[str]] = []
        self.told: list[str] = []
        self.todo: set[str] = set()

    def key(self, item: Item) -> str:
        return "same"

    def files(self, item: Item, records: Sequence[Record]) -> list[Path]:
        return [self.folder.path / item.name]

    def begin(self, items: Sequence[Item], todo: set[str], writers: Writers) -> None:
        self.todo = set(todo)

    def load(self, item: Item) -> str:
        self.loaded.append(item.name)
        self.fail("load", item.name)
        return item.name

    def compute(self, loaded: Sequence[str]) -> Sequence[str]:
        self.groups.append(list(loaded))
        for name in loaded:
            self.fail("compute", name)
        return [f"{name} of {'+'.join(loaded)}" for name in loaded]

    def deliver(self, item: Item, computed: str, base: Record, writers: Writers) -> Pending:
        self.fail("deliver", item.name)
        return Pending([replace(base, edit="toy")], [writers.submit(self.write, item.name, computed)], advanced=0.25)

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        self.told.append(records[0].portrait)

    def write(self, name: str, text: str) -> None:
        self.fail("write", name)
        write_atomic(self.folder.path / name, text.encode())

    def fail(self, where: str, name: str) -> None:
        if (error := self.failures.get(f"{where}_{name}")) is not None:
            raise error


GROUPS = [[Item("a"), Item("b")], [Item("c"), Item("d")], [Item("e")]]


def run(path: Path, progress: Recorder | None = None, **failures: Exception) -> tuple[Outcome, Toy]:
    with RunFolder(path) as folder:
        work = Toy(folder, **failures)
        return Batch(work, folder, Manifest(path / "manifest.jsonl"), progress or Recorder()).run(GROUPS), work


def test_everything_once_and_nothing_again(tmp_path: Path) -> None:
    progress = Recorder()
    outcome, work = run(tmp_path, progress)
    assert (outcome.total, outcome.before, list(outcome.records), outcome.exit_code) == (5, 0, list("abcde"), 0)
    assert work.groups == [["a", "b"], ["c", "d"], ["e"]] and work.told == list("abcde") and work.todo == set("abcde")
    assert (progress.total, progress.before, progress.items) == (5, 0, 5 * 0.75)
    outcome, work = run(tmp_path)
    assert (outcome.before, outcome.records, work.loaded) == (5, {}, [])


def test_a_group_is_computed_whole_for_one_of_its_items(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "d").unlink()
    outcome, work = run(tmp_path)
    assert list(outcome.records) == ["d"] and work.groups == [["c", "d"]]
    assert (tmp_path / "d").read_text() == "d of c+d"


@pytest.mark.parametrize("where", ["load", "deliver", "write"])
def test_one_failure_concerns_one_item(tmp_path: Path, where: str) -> None:
    outcome, work = run(tmp_path, **{f"{where}_c": ValueError("odd")})
    assert outcome.failed == {"c": "ValueError: odd; the traceback is in run.log."} and outcome.exit_code == 1
    assert work.told == list("abcde")
    assert "ValueError: odd" in (tmp_path / "run.log").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if len(path.name) == 1) == list("abde")
    again, _ = run(tmp_path)
    assert (again.before, list(again.records), again.failed) == (4, ["c"], {})


def test_a_failed_computation_concerns_its_group(tmp_path: Path) -> None:
    outcome, _ = run(tmp_path, compute_d=BadInput("Too wide."))
    assert outcome.failed == {"c": "Too wide.", "d": "Too wide."}
    assert not (tmp_path / "run.log").exists()


@pytest.mark.parametrize("where", ["load", "compute", "deliver", "write"])
def test_what_concerns_every_item_ends_the_pass_and_what_is_whole_counts(tmp_path: Path, where: str) -> None:
    error = CannotWrite("The disk is full.") if where == "write" else MissingWeights("No net.")
    with pytest.raises(type(error), match=r"disk is full|No net"):
        run(tmp_path, **{f"{where}_e": error})
    outcome, _ = run(tmp_path)
    assert outcome.before == 4 and list(outcome.records) == ["e"]


def test_an_interruption_keeps_what_is_written(tmp_path: Path) -> None:
    class Interrupted(Toy):
        def deliver(self, item: Item, computed: str, base: Record, writers: Writers) -> Pending:
            if item.name == "d":
                raise KeyboardInterrupt
            return super().deliver(item, computed, base, writers)

    with RunFolder(tmp_path) as folder, pytest.raises(KeyboardInterrupt):
        Batch(Interrupted(folder), folder, Manifest(tmp_path / "manifest.jsonl"), Recorder()).run(GROUPS)
    complete = {
        record.portrait for records in Manifest(tmp_path / "manifest.jsonl").by_portrait.values() for record in records
    }
    assert {"a", "b"} <= complete <= {"a", "b", "c"}
    outcome, _ = run(tmp_path)
    assert outcome.before == len(complete)
