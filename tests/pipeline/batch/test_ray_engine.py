"""Batches on a Ray cluster: the results of one process, whichever of its processes are killed."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from apps.cli import main
from pipeline.batch import ray_engine
from pipeline.batch.manifest import Record
from pipeline.batch.ray_engine import Cluster
from pipeline.batch.ray_worker import ATTEMPTS
from pipeline.beautify import RetouchJob, settings_of
from pipeline.beautify.run import beautify_all
from pipeline.core.devices import choose_device
from pipeline.core.errors import BadInput, RunConflict
from pipeline.core.images import read_image, resize, write_image
from pipeline.restore.job import RestoreJob
from pipeline.restore.run import run as restore
from pipeline.run.job import Photographs
from pipeline.world.samples import studio_pictures
from tests.support.killing import contents
from tests.support.recorder import Recorder
from tests.support.toy_cluster import ROOT, DeadlyEncoder, OtherWeights, cluster_run, fill, two_nodes
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_models, toy_photo

RESULTS = ("*.png", "*.npy", "*.npz", "run.yaml", "config.yaml")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("ray")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as many as a worker has: more add up in another order
    with two_nodes() as nodes:
        yield nodes.address
    torch.set_num_threads(threads)


def deadly(deaths: Path, picture: int, most: int = 1) -> Any:
    deaths.mkdir()
    models = ToyModels()
    models.encoder = models.encoder_or_none = DeadlyEncoder(deaths, portrait_image(picture), most)
    return models


def manifest(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("seconds", None)
    return lines


def ages(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.glob("images_*/*/*.png")}


@pytest.mark.full
def test_a_killed_worker_costs_nothing_and_a_second_start_does_nothing(tmp_path: Path, address: str) -> None:
    photos, deaths = fill(tmp_path / "in", 12), tmp_path / "dead"
    local, spread = tmp_path / "local" / "run", tmp_path / "spread" / "run"
    (photos / "broken.png").write_bytes(b"\x89PNG")
    here = cluster_run(photos, local, None, ToyModels())
    progress = Recorder()
    there = cluster_run(photos, spread, address, deadly(deaths, 5), progress)
    assert len(list(deaths.iterdir())) == 1
    assert contents(spread, *RESULTS) == contents(local, *RESULTS)
    assert manifest(spread) == manifest(local)
    assert (there.failed, there.images, there.total) == (here.failed, here.images, 13)
    assert progress.items == pytest.approx(13)
    assert not list(spread.rglob(".*.tmp"))

    (photos / "broken.png").unlink()
    before = ages(spread)
    again = cluster_run(photos, spread, address, ToyModels())
    assert (again.before, again.records) == (12, {}) and ages(spread) == before


@pytest.mark.full
def test_a_portrait_that_kills_every_worker_is_recorded_and_the_others_are_complete(
    tmp_path: Path, address: str
) -> None:
    photos, deaths = fill(tmp_path / "in", 4), tmp_path / "dead"
    outcome = cluster_run(photos, tmp_path / "out", address, deadly(deaths, 2, most=99))
    assert list(outcome.failed) == ["02"] and f"lost {ATTEMPTS} times" in outcome.failed["02"]
    assert len(list(deaths.iterdir())) == ATTEMPTS
    assert cluster_run(photos, tmp_path / "out", address, ToyModels()).before == 3


@pytest.mark.full
def test_a_worker_with_other_weights_ends_the_run(tmp_path: Path, address: str) -> None:
    photos = fill(tmp_path / "in", 2)
    with pytest.raises(RunConflict, match="weights: toy there, other now"):
        cluster_run(photos, tmp_path / "out", address, OtherWeights())


@pytest.mark.full
def test_photographs_are_restored_and_retouched_as_in_one_process(tmp_path: Path, address: str) -> None:
    photos, cluster = tmp_path / "in", Cluster(address, workers=2)
    for path in studio_pictures():
        write_image(photos / path.name, resize(resize(read_image(path), 48), 128))
    for name, where in (("local", None), ("out", cluster)):
        job = RestoreJob(photos, tmp_path / name, "demo", detector="aligned")
        assert restore(job, choose_device("cpu"), None, cluster=where).restored == 8
        retouch = RetouchJob(settings_of("strong"), "demo", "cpu", aligned=True)
        spread = (where, retouch) if where else None
        out, told = tmp_path / f"{name}_beauty", list[Record]()
        outcome = beautify_all([photos], out, retouch.open(), retouch.identity(), tell=told.append, spread=spread)
        assert (len(told), outcome.failed) == (8, {})
    assert contents(tmp_path / "out", *RESULTS) == contents(tmp_path / "local", *RESULTS)
    assert contents(tmp_path / "out_beauty", *RESULTS) == contents(tmp_path / "local_beauty", *RESULTS)


@pytest.mark.full
def test_photographs_are_edited_as_in_one_process(tmp_path: Path, address: str) -> None:
    for number in range(4):
        write_image(tmp_path / "in" / f"{number}.png", toy_photo(number))
    write_image(tmp_path / "in" / "dark.png", 0 * toy_photo(0))
    for name, where in (("local", None), ("spread", address)):
        outcome = cluster_run(tmp_path / "in", tmp_path / name / "run", where, toy_models(), photos=Photographs())
        assert list(outcome.failed) == ["dark"] and outcome.photos is not None
        assert len(list(outcome.photos.glob("*/*.png"))) == outcome.images > 0
    assert contents(tmp_path / "spread" / "run", *RESULTS) == contents(tmp_path / "local" / "run", *RESULTS)


@pytest.mark.full
def test_another_cluster_goes_on_after_the_head_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    photos, out, count = fill(tmp_path / "in", 30), tmp_path / "spread" / "run", 30
    with two_nodes() as nodes:
        command = [sys.executable, "-m", "tests.support.toy_cluster", photos, out, nodes.address, "0.4"]
        started = subprocess.Popen(command, cwd=ROOT)
        try:
            while started.poll() is None and len(contents(out, "projected_latents/*.npy")) < 5:
                time.sleep(0.05)
            nodes.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
            assert started.wait(120) != 0
        finally:
            started.kill()
    done = {line["portrait"] for line in manifest(out)} if (out / "manifest.jsonl").exists() else set()
    assert len(done) < count
    before = {
        path: path.stat().st_mtime_ns for name in done for path in (out / "images_post_toy_invert" / name).iterdir()
    }
    with two_nodes() as nodes:
        outcome = cluster_run(photos, out, nodes.address, ToyModels())
    assert outcome.before == len(done) and set(outcome.records) == {f"{n:02d}" for n in range(count)} - done
    assert {path: path.stat().st_mtime_ns for path in before} == before
    cluster_run(photos, tmp_path / "local" / "run", None, ToyModels())
    assert contents(out, *RESULTS) == contents(tmp_path / "local" / "run", *RESULTS)
    assert manifest(out) == manifest(tmp_path / "local" / "run")


def test_without_ray_a_sentence_names_the_command_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda _: None)
    fill(tmp_path / "in", 1)
    arguments = ["beautify", str(tmp_path / "in"), "--output-dir", str(tmp_path / "out")]
    assert main([*arguments, "--engine", "ray"]) == 1
    assert "pip install 'ray[data]'" in capsys.readouterr().err
    assert main([*arguments, "--workers", "2"]) == 1
    assert "add --engine ray" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nets_and_workers_are_on_the_same_kind_of_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda _: True)
    with pytest.raises(BadInput, match="add --worker-gpus"):
        Cluster().engine(lambda folder, progress: None, "cuda")  # type: ignore[arg-type, return-value]
    with pytest.raises(BadInput, match="leave out --worker-gpus"):
        Cluster(gpus=0.5).engine(lambda folder, progress: None, "cpu")  # type: ignore[arg-type, return-value]


def test_a_cluster_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with pytest.raises(BadInput, match=r"no Ray cluster at 127\.0\.0\.1:1:"):
        cluster_run(fill(tmp_path / "in", 1), tmp_path / "out", "127.0.0.1:1", ToyModels())


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"threads": 0}, {"gpus": -0.5}, {"gpus": 1.5}])
def test_numbers_of_workers_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="worker"):
        Cluster(**wrong)
