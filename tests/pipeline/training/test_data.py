"""Sets of rendered people: arrays of the files, the same however they were made, and never those of other people."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.batch.folder import RunFolder
from pipeline.core.crop import five_of_ibug
from pipeline.core.errors import BadInput, RunConflict
from pipeline.core.files import SPARE
from pipeline.training import data, people
from pipeline.training.data import DEPTH_SCALE, Chain, RenderSet, RenderSets, open_renders
from pipeline.training.people import Plan
from pipeline.world.attributes import values
from pipeline.world.portrait import inverse_depth, person_of
from pipeline.world.seen import seen
from tests.support.sample_sets import sample_training, write_samples

COUNT, PLAN = 7, Plan(size=64, first=42, pairs="edit")


def opened(folder: Path, plan: Plan = PLAN) -> RenderSet:
    write_samples(folder, COUNT, plan)
    return open_renders(folder, COUNT, plan, 1)


def contents(renders: RenderSet) -> list[np.ndarray]:
    names = ("rgb", "labels", "depth", "seen", "points", "oval", "alone", "edits")
    return [np.array(getattr(renders, name)) for name in names] + list(renders.attributes.values())


def test_arrays_hold_what_the_files_do(tmp_path: Path) -> None:
    renders = opened(tmp_path)
    assert len(renders) == 2 * COUNT
    assert renders.pairs.tolist() == list(range(1, 2 * COUNT, 2))
    with np.load(tmp_path / "000000042.npz") as file:
        assert np.array_equal(renders.rgb, file["rgb"])
        assert np.array_equal(renders.labels, file["labels"])
        assert np.array_equal(renders.points, five_of_ibug(file["landmarks"]))
        assert np.array_equal(renders.oval, file["oval"])
        assert renders.edits.tolist() == file["edits"].tolist()
        expected = inverse_depth(file["depth"][3])
        persons = [person_of(str(line))[0] for line in file["people"]]
    assert np.abs(renders.depth[3] / DEPTH_SCALE - expected).max() < 1e-4
    for i, person in enumerate(persons):
        assert np.array_equal(renders.seen[i], seen(person))
        assert {code: float(row[i]) for code, row in renders.attributes.items()} == pytest.approx(values(person))
    assert renders.alone.all()


def test_arrays_are_the_same_however_many_files_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = opened(tmp_path / "one")
    monkeypatch.setattr(people, "PEOPLE", 3)
    several = opened(tmp_path / "several")
    assert len(list((tmp_path / "several").glob("*.npz"))) == 3
    for first, second in zip(contents(one), contents(several), strict=True):
        assert np.array_equal(first, second)


def test_a_file_of_a_larger_folder_gives_its_first_people(tmp_path: Path) -> None:
    whole = opened(tmp_path)
    few = open_renders(tmp_path, 3, PLAN, 1)
    for first, second in zip(contents(whole), contents(few), strict=True):
        assert np.array_equal(first[:6], second)


def test_killed_while_arrays_were_written_it_starts_again_and_then_needs_no_files(tmp_path: Path) -> None:
    expected = contents(opened(tmp_path))
    (tmp_path / "arrays-7" / "people.npz").unlink()
    np.lib.format.open_memmap(tmp_path / "arrays-7" / "rgb.npy", "w+", np.uint8, (2, 64, 64, 3))
    again = contents(open_renders(tmp_path, COUNT, PLAN, 1))
    (tmp_path / "000000042.npz").unlink()
    kept = contents(open_renders(tmp_path, COUNT, PLAN, 1))
    for first, second, third in zip(expected, again, kept, strict=True):
        assert np.array_equal(first, second)
        assert np.array_equal(first, third)


@pytest.mark.parametrize("other", [Plan(size=64, first=43, pairs="edit"), Plan(size=64, first=42, pairs="occasion")])
def test_other_people_in_the_folder_are_refused(tmp_path: Path, other: Plan) -> None:
    opened(tmp_path)
    for count in (COUNT, COUNT - 1):
        with pytest.raises(RunConflict):
            open_renders(tmp_path, count, other, 1)


def test_a_full_disk_is_told_before_arrays_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_samples(tmp_path, COUNT, PLAN)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=SPARE))
    with pytest.raises(BadInput, match="--work-dir"):
        open_renders(tmp_path, COUNT, PLAN, 1)
    assert not list((tmp_path / "arrays-7").iterdir())


def test_small_copies_are_made_once(tmp_path: Path) -> None:
    renders = opened(tmp_path)
    small = renders.small(16)
    assert small.shape == (14, 16, 16, 3)
    stamp = (renders.folder / "rgb16.npy").stat().st_mtime_ns
    renders.small(16)
    assert (renders.folder / "rgb16.npy").stat().st_mtime_ns == stamp
    assert abs(float(small[0].mean()) - float(renders.rgb[0].mean())) < 2
    assert renders.small(64) is renders.rgb


def test_a_changed_renderer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path)
    for module in (data, people):
        monkeypatch.setattr(module, "renderer_version", lambda: "another")
    with pytest.raises(RunConflict, match="The renderer has changed since the people of"):
        open_renders(tmp_path, COUNT, PLAN, 1)
    with pytest.raises(RunConflict, match=r"renderer: .* there, another now.*another --work-dir"):
        open_renders(tmp_path, COUNT - 1, PLAN, 1)


def test_two_processes_do_not_write_the_same_arrays(tmp_path: Path) -> None:
    renders = opened(tmp_path)
    with RunFolder(renders.folder), pytest.raises(RunConflict, match="Another run is writing"):
        renders.small(16)
    assert renders.small(16).shape == (14, 16, 16, 3)


def test_a_chain_is_its_parts_one_after_another() -> None:
    parts = [np.arange(n * 4).reshape(n, 2, 2) + 100 * n for n in (3, 1, 5)]
    chain, whole = Chain(parts), np.concatenate(parts)
    assert chain.shape == whole.shape
    assert len(chain) == 9
    for row in range(9):
        assert np.array_equal(chain[row], whole[row])
    rows = np.array([8, 3, 0, 3, 4, 2])
    assert np.array_equal(chain[rows], whole[rows])


def test_people_of_both_looks_are_one_set_that_begins_with_the_studio(tmp_path: Path) -> None:
    context = sample_training(tmp_path)
    sets = [context.renders, context.edited_renders, context.wild]
    together = context.everybody
    assert len(together) == sum(map(len, sets)) == 6 + 6 + 4
    assert [each.plan.look for each in sets] == ["studio", "studio", "wild"]
    last = RenderSets(sets[::-1])
    for name in ("rgb", "labels", "depth"):
        assert np.array_equal(getattr(together, name)[2], getattr(sets[0], name)[2])
        assert np.array_equal(getattr(together, name)[13], getattr(sets[2], name)[1])
        assert np.array_equal(getattr(last, name)[1], getattr(sets[2], name)[1])
    assert np.array_equal(together.small(32)[np.array([13, 2])][0], sets[2].small(32)[1])
    for name in ("points", "oval", "alone"):
        assert np.array_equal(getattr(together, name)[13], getattr(sets[2], name)[1])
    assert all(row[13] == sets[2].attributes[code][1] for code, row in together.attributes.items())


def test_nobody_who_is_measured_on_is_trained_on(tmp_path: Path) -> None:
    context = sample_training(tmp_path)
    trained = {"renders", "wild", "edited_renders", "occasions"}
    held = {"held_out", "held_out_wild", "held_out_occasions"}

    def seeds(names: set[str]) -> set[int]:
        files = [path for name in names for path in getattr(context, name).folder.parent.glob("*.npz")]
        return {person_of(str(line))[0].seed for path in files for line in np.load(path)["people"]}

    assert not seeds(trained) & seeds(held)
    assert len(seeds(trained)) == 6 + 4 + 3 + 3
