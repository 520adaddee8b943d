"""Files of rendered people: what they hold, pairs, and that a run goes on where another was killed."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.core.attributes import attributes, parse
from pipeline.core.errors import BadInput, RunConflict
from pipeline.training import people
from pipeline.training.people import OCCASIONS, Plan, Shard, draw_edit, evenly, write_people
from pipeline.world import extra
from pipeline.world.attributes import values
from pipeline.world.person import draw, on_another_occasion
from pipeline.world.portrait import person_of
from postprocess.labels import CelebAMask
from tests.support.killing import contents, kill_at_random
from tests.support.recorder import Recorder
from tests.support.sample_sets import write_samples

EDITS = [name for attribute in attributes().values() for name in attribute.identifiers]


@pytest.fixture
def renderer() -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")


def write_few(folder: Path, count: int, workers: int) -> None:
    """People in files of two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "PEOPLE", 2)
        write_people(folder, count, Plan(size=32, first=7, pairs="edit"), workers)


def test_edits_are_drawn_evenly_and_show() -> None:
    found = Counter()
    for seed in range(3000):
        person = draw(seed)
        name, present = parse(draw_edit(person)), values(person)
        assert f"{present[name.code]:g}" != name.value
        assert not (present["Hc"] == 4 and name.code in ("B", "Hs"))
        assert not (present["Se"] == 1 and name.code == "Bd")
        found[name.identifier] += 1
    assert set(found) == set(EDITS)
    cursors = [found[name] for name in EDITS if attributes()[parse(name).code].kind == "cursor"]
    assert min(cursors) > 0.5 * max(cursors)


def test_even_people_have_rare_classes_and_ends_more_often() -> None:
    population = [draw(seed) for seed in range(3000)]
    before, after = ([values(each) for each in people] for people in (population, map(evenly, population)))
    for code, attribute in attributes().items():
        first, last = (np.array([found[code] for found in people]) for people in (before, after))
        if attribute.kind == "cursor":
            assert (np.abs(last) > 0.58).mean() > 1.3 * (np.abs(first) > 0.58).mean()
            assert abs(last.mean()) < 0.05
        else:
            shares = [[(found == int(value)).mean() for value in attribute.values] for found in (first, last)]
            assert min(shares[1]) > 0.55 / len(attribute.values)
            assert max(shares[1]) - min(shares[1]) <= max(shares[0]) - min(shares[0]) + 0.05, code
    assert evenly(population[0]) == evenly(draw(0))


@pytest.mark.usefixtures("renderer")
def test_a_file_of_even_people_holds_them(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "a.npz", Plan(size=32, even=True), 40, 3)
    shard.write()
    with np.load(shard.path) as file:
        assert [person_of(str(line))[0] for line in file["people"]] == [evenly(draw(seed)) for seed in range(40, 43)]


@pytest.mark.usefixtures("renderer")
def test_a_file_holds_pictures_and_truth(tmp_path: Path) -> None:
    from pipeline.world.render import render

    shard = Shard(tmp_path / "a.npz", Plan("wild", 64, 5), 5, 2)
    assert not shard.is_complete()
    assert shard.write() == 2
    assert shard.is_complete()
    assert not replace(shard, count=3).is_complete()
    with np.load(shard.path) as file:
        assert np.array_equal(file["rgb"][1], render(draw(6, "wild"), 64).rgb)
        assert file["labels"].shape == file["depth"].shape == (2, 64, 64)
        assert file["landmarks"].shape == (2, 70, 2)
        assert file["lips_outer"].shape == (2, 20, 2)
        assert list(file["edits"]) == ["", ""]
        person = json.loads(str(file["people"][0]))
    assert person["seed"] == 5
    assert list(person["attributes"]) == list(attributes())


@pytest.mark.usefixtures("renderer")
def test_a_pair_is_one_person_with_another_value_in_the_same_place(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "a.npz", Plan(size=64, pairs="edit"), 40, 4)
    assert shard.write() == 8
    with np.load(shard.path) as file:
        rgb, labels, edits = file["rgb"], file["labels"], file["edits"]
        lines = [json.loads(str(line)) for line in file["people"]]
    assert list(edits[::2]) == [""] * 4
    for i in range(0, 8, 2):
        person, edited = lines[i : i + 2]
        name = parse(str(edits[i + 1]))
        assert person["seed"] == edited["seed"] == 40 + i // 2
        assert edited["attributes"][name.code] != person["attributes"][name.code]
        behind = (labels[i : i + 2] == CelebAMask.BACKGROUND).all(0).astype(np.uint8)
        far = cv2.distanceTransform(behind, cv2.DIST_L2, 5) > 5  # stray hairs cover parts of nearer pixels
        same = (rgb[i] == rgb[i + 1]).all(2)
        assert far.any()
        assert same[far].all()
        assert not same.all()


@pytest.mark.usefixtures("renderer")
def test_a_person_comes_again_on_another_occasion(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "a.npz", Plan(size=32, pairs="occasion"), 40, 2)
    assert shard.write() == 4
    with np.load(shard.path) as file:
        assert list(file["edits"]) == ["", "occasion"] * 2
        persons = [person_of(str(line))[0] for line in file["people"]]
        assert not np.array_equal(file["rgb"][0], file["rgb"][1])
    for first, again in (persons[:2], persons[2:]):
        assert again == on_another_occasion(first, OCCASIONS + first.seed)
        assert again.seed == first.seed


def test_a_folder_from_before_even_people_goes_on(tmp_path: Path) -> None:
    plan = Plan(size=32)
    write_samples(tmp_path, 2, plan)
    write_people(tmp_path, 2, plan, 1)
    assert "even" not in (tmp_path / "config.yaml").read_text()
    write_people(tmp_path, 2, plan, 1)
    with pytest.raises(RunConflict, match="other settings"):
        write_people(tmp_path, 2, replace(plan, even=True), 1)


def test_files_that_are_complete_need_no_renderer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    plan = Plan("wild", 64, 5)
    write_samples(tmp_path, 3, plan)
    before = contents(tmp_path, "*.npz")
    write_people(tmp_path, 3, plan, 1)
    assert contents(tmp_path, "*.npz") == before
    with pytest.raises(BadInput, match="install the extra `world`"):
        write_people(tmp_path, 4, plan, 1)


@pytest.mark.usefixtures("renderer")
def test_killed_runs_end_with_the_bytes_of_one_that_was_not(tmp_path: Path) -> None:
    write_few(tmp_path / "whole", 3, 1)
    whole = contents(tmp_path / "whole", "*.npz")
    assert list(whole) == ["000000007.npz", "000000009.npz"]
    assert kill_at_random(1, 0, tmp_path / "killed", write_few, tmp_path / "killed", 3, 2, most=4)
    (tmp_path / "killed" / ".000000007.npz.x.tmp").write_bytes(b"part")
    (tmp_path / "killed" / "000000009.npz").write_bytes(whole["000000009.npz"][:1000])
    write_few(tmp_path / "killed", 3, 2)
    assert contents(tmp_path / "killed", "*.npz") == whole
    assert not list((tmp_path / "killed").glob(".*.tmp"))


@pytest.mark.usefixtures("renderer")
def test_a_folder_grows_but_does_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PEOPLE", 2)
    plan, first = Plan(size=32), Recorder()
    write_people(tmp_path, 3, plan, 1, first)
    assert (first.total, first.before, first.items, first.images) == (2, 0, 2, 3)
    before = contents(tmp_path, "*.npz")
    again = Recorder()
    write_people(tmp_path, 4, plan, 1, again)
    assert (again.total, again.before, again.items, again.images) == (2, 1, 1, 2)
    after = contents(tmp_path, "*.npz")
    assert after["000000000.npz"] == before["000000000.npz"]
    with np.load(tmp_path / "000000002.npz") as file:
        assert len(file["people"]) == 2
    for changed in ({"size": 64}, {"look": "wild"}, {"pairs": "edit"}, {"even": True}):
        with pytest.raises(RunConflict, match="other settings"):
            write_people(tmp_path, 4, replace(plan, **changed), 1)
    assert contents(tmp_path, "*.npz") == after
