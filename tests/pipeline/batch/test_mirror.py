"""Folders at addresses: what is copied, when, and that a run there is that of a folder."""

import time
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import cv2
import fsspec
import pytest

from apps.cli import main
from pipeline.batch.manifest import MANIFEST
from pipeline.batch.mirror import INDEX, LOCK, OWNER, Mirror, copies, of_items
from pipeline.batch.ray_worker import Copies
from pipeline.core.errors import BadInput
from pipeline.run.runner import run
from tests.support.killing import contents
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_job

PHOTOS, RESULTS = "memory://photos/album", "memory://results/run1"
KINDS = ("*.png", "*.npy", "*.npz", "run.yaml", "config.yaml")


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty file system in memory with three toy portraits."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    for number in range(3):
        put(system, f"{PHOTOS}/{number}.png", number)
    yield system
    system.store.clear()


def put(system: Any, address: str, number: int) -> None:
    _, data = cv2.imencode(".png", portrait_image(number)[..., ::-1])
    system.pipe_file(address, data.tobytes())


def toy_run(cache: Path, seconds: float = 30.0) -> Any:
    with copies([Path(PHOTOS)], Path(RESULTS), cache, seconds=seconds) as ((inputs,), output, _):
        return run(toy_job(inputs, output), ToyModels())  # type: ignore[arg-type]


def test_a_run_at_an_address_is_that_of_a_folder_and_goes_on_on_another_machine(tmp_path: Path, memory: Any) -> None:
    before = {path: memory.cat_file(path) for path in memory.find("/photos")}
    assert toy_run(tmp_path / "cache").exit_code == 0
    with copies([Path(PHOTOS)], tmp_path / "local" / "run1", tmp_path / "cache") as ((inputs,), output, _):
        run(toy_job(inputs, output), ToyModels())  # type: ignore[arg-type]
    memory.get("/results/run1", str(tmp_path / "downloaded"), recursive=True)
    assert contents(tmp_path / "downloaded", *KINDS) == contents(tmp_path / "local" / "run1", *KINDS) != {}
    assert {path: memory.cat_file(path) for path in memory.find("/photos")} == before
    assert not [path for path in memory.find("/results") if "/." in path]
    again = toy_run(tmp_path / "another machine")
    assert (again.before, again.records) == (3, {})
    put(memory, f"{PHOTOS}/1.png", 7)
    assert list(toy_run(tmp_path / "cache").records) == ["1"]


def test_the_manifest_follows_the_files_that_it_names(tmp_path: Path, memory: Any) -> None:
    mirror = Mirror(RESULTS, tmp_path / "copy")
    (mirror.folder / "images").mkdir(parents=True)
    for name in (MANIFEST, "images/a.png", "zebra.txt"):
        (mirror.folder / name).write_text(name)
    assert mirror.publish() == ["images/a.png", "zebra.txt", MANIFEST] or mirror.publish() == []
    order = sorted(memory.find("/results", detail=True).items(), key=lambda item: item[1]["created"])
    assert order[-1][0].endswith(MANIFEST) and len(order) == 3
    assert mirror.publish() == []
    (mirror.folder / MANIFEST).write_text("more")
    assert Mirror(RESULTS, tmp_path / "copy").publish() == [MANIFEST]


def test_results_are_published_while_the_command_runs_and_after_an_error(tmp_path: Path, memory: Any) -> None:
    with (
        pytest.raises(RuntimeError),
        copies([], Path(RESULTS), tmp_path, seconds=0.05) as (_, output, _),
    ):
        (output / "first.txt").write_text("1")
        until = time.monotonic() + 20
        while not memory.exists("/results/run1/first.txt") and time.monotonic() < until:
            time.sleep(0.02)
        assert memory.exists("/results/run1/first.txt")
        (output / "last.txt").write_text("2")
        raise RuntimeError
    assert memory.cat_file("/results/run1/last.txt") == b"2"


def test_what_is_gone_here_goes_there_and_hidden_files_stay(tmp_path: Path, memory: Any) -> None:
    memory.pipe_file("/results/run1/old.txt", b"old")
    memory.pipe_file("/results/run1/.secret/a.txt", b"hidden")
    with copies([], Path(RESULTS), tmp_path) as (_, output, _):
        assert sorted(path.name for path in output.iterdir()) == [INDEX, OWNER, "old.txt"]
        (output / "old.txt").unlink()
        (output / ".lock").touch()
    assert memory.find("/results") == ["/results/run1/.secret/a.txt"]


def test_one_photo_at_an_address(tmp_path: Path, memory: Any) -> None:
    with copies([Path(f"{PHOTOS}/2.png"), tmp_path], tmp_path / "out", tmp_path / "cache") as (inputs, output, mirrors):
        assert inputs[0].name == "2.png" and inputs[0].is_file() and inputs[1] == tmp_path
        assert (output, len(mirrors)) == (tmp_path / "out", 1)
        assert [path.name for path in inputs[0].parent.glob("*.png")] == ["2.png"]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("memory://nothing/here", "There is nothing at"),
        ("memory://photos/album/9.png", "memory://photos/album cannot be"),
        ("nowhere://x/y", "Protocol not known: nowhere"),
    ],
)
def test_a_useless_address_is_said_so(tmp_path: Path, memory: Any, address: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=f"{sentence}"), copies([Path(address)], tmp_path, tmp_path):
        pass


def test_the_package_of_a_file_system_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(BadInput, match="s3fs"), copies([Path("s3://bucket/photos")], tmp_path, tmp_path):
        pass


def test_a_machine_without_the_copy_makes_its_own_and_gives_its_results_back(tmp_path: Path, memory: Any) -> None:
    given, out = Mirror(PHOTOS, tmp_path / "in", "token"), Mirror(RESULTS, tmp_path / "out", "token")
    for name in ("config.yaml", "crops/1.png", "crops/2.png", "projected_latents/1.npy"):
        memory.pipe_file(f"/results/run1/{name}", name.encode())
    there = Copies([given, out], out.folder)
    assert there
    there.fetch(["1"])
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    expected = {"in/1.png", "out/config.yaml", "out/crops/1.png", "out/projected_latents/1.npy", "out/.lock"}
    assert found == {*expected, *(f"{name}/{own}" for name in ("in", "out") for own in (INDEX, OWNER)), LOCK}
    (out.folder / "images" / "1").mkdir(parents=True)
    (out.folder / "images" / "1" / "Bp_max.png").write_bytes(b"edited")
    assert there.publish() == {1: ["images/1/Bp_max.png"]}

    started = Mirror(RESULTS, tmp_path / "started")
    started.fetch(started.about(["images/1/Bp_max.png"]))
    assert (started.folder / "images" / "1" / "Bp_max.png").read_bytes() == b"edited"
    assert started.publish() == []


def test_a_machine_tells_the_copies_of_the_command_from_its_own(tmp_path: Path, memory: Any) -> None:
    out = Mirror(RESULTS, tmp_path / "run1")
    out.claim()
    for started in (out, copy(out)):
        assert not Copies([started], out.folder)
    (out.folder / "left.txt").write_text("by an earlier command")
    (out.folder / OWNER).write_text("somebody else")
    first, second = Copies([copy(out)], out.folder), Copies([copy(out)], out.folder)  # two workers on another machine
    assert first and second and not (out.folder / "left.txt").exists()
    (out.folder / "new.txt").write_text("1")
    assert second.publish() == {0: ["new.txt"]} == first.publish()
    assert memory.cat_file("/results/run1/new.txt") == b"1"


def test_files_belong_to_an_item_by_their_name_or_their_folders() -> None:
    theirs = of_items(["anna"])
    names = ("anna.png", "crops/anna.json", "images/anna/Bp_max.png", "annabel.png", "images/bob/anna_1.png")
    assert [theirs(name) for name in names] == [True, True, True, False, False]


def test_the_commands_take_addresses(
    tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code = main(["restore", PHOTOS, "--output-dir", RESULTS, "--face-detector", "aligned", "--model", "demo"])
    assert code == 0, capsys.readouterr().err
    assert sorted(Path(path).name for path in memory.find("/results/run1/restored")) == ["0.png", "1.png", "2.png"]
    assert f"The results are at {RESULTS}." in capsys.readouterr().out
    assert main(["restore", "memory://none", "--output-dir", str(tmp_path / "o")]) == 1
    assert "There is nothing at memory://none." in capsys.readouterr().err
