"""Latents of a folder of crops: files, resuming, bad crops, and the same latents in every command."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from apps.editor.threads.import_latents import Job as EditorJob
from apps.editor.threads.import_latents import Projector
from apps.editor.threads.render_context import RenderContext
from pipeline.batch.folder import RunFolder
from pipeline.core.errors import RunConflict
from pipeline.core.images import read_image, write_image
from pipeline.edit import edit_photo as edit_photo_module
from pipeline.edit.invert import Inversion
from pipeline.edit.latent_store import load_tuning
from pipeline.photo.photo import read_photo
from pipeline.project_folder import project_folder
from pipeline.run.job import Photographs
from tests.support.killing import contents, finish, kill_at_random
from tests.support.recorder import Recorder
from tests.support.toy_models import N_STYLE, SPACE, portrait_image, toy_generator
from tests.support.toy_run import slow_projection, toy_config, toy_models, toy_photo, toy_projection, toy_run

SEARCHED: dict[str, Any] = {"projection": {"n_iter": 4, "perceptual": 0}}
TUNED = {"projection": {"n_iter": 2, "perceptual": 0, "tuning": {"steps": 40, "rate": 0.02, "enough": 99}}}
LATENTS = ("projected_latents/*", "reconstructions/*")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Three crops that no latent of the toy generator draws, but its kernel can learn to."""
    for seed, name in enumerate(("anna", "bert", "cleo")):
        picture = cv2.GaussianBlur(portrait_image(seed), (5, 5), 1.5, borderType=cv2.BORDER_REPLICATE)
        write_image(tmp_path / "in" / f"{name}.png", picture)
    return tmp_path / "in"


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "errors.csv").open() as file:
        return list(csv.DictReader(file))


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for pattern in LATENTS for path in folder.glob(pattern)}


def test_files_of_a_projection(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = toy_projection(crops, out, SEARCHED)
    assert (outcome.total, outcome.before, outcome.failed) == (3, 0, {})
    for name in ("anna", "bert", "cleo"):
        latent = np.load(out / "projected_latents" / f"{name}.npy")
        assert latent.shape[0] == N_STYLE and latent.dtype == np.float32
        reconstruction = read_image(out / "reconstructions" / f"{name}.png")
        np.testing.assert_array_equal(reconstruction, toy_generator().render(latent[None])[0])
        note = json.loads((out / "projected_latents" / f"{name}.json").read_text())
        assert note["space"] == SPACE
        (row,) = [row for row in table(out) if row["name"] == name]
        assert float(row["psnr"]) == note["figures"]["inversion_psnr"] and float(row["loss"]) > 0 and not row["error"]


def test_only_what_is_missing_or_changed_is_done_again(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    toy_projection(crops, out, SEARCHED)
    before, whole, rows = times(out), contents(out, *LATENTS), table(out)
    assert toy_projection(crops, out, SEARCHED).before == 3
    assert times(out) == before and table(out) == rows
    (out / "projected_latents" / "bert.npy").unlink()
    assert toy_projection(crops, out, SEARCHED).before == 2
    assert {name for name, time in times(out).items() if before[name] != time} == {"bert.npy", "bert.json", "bert.png"}
    assert contents(out, *LATENTS) == whole
    before = times(out)
    longer = {"projection": {"n_iter": 6, "perceptual": 0}}
    assert toy_projection(crops, out, longer).before == 0
    assert all(before[name] != time for name, time in times(out).items())
    models = toy_models()
    models.fingerprint = "retrained"
    before = times(out)
    assert project_folder(crops, out, models, toy_config(**longer)).before == 0
    assert all(before[name] != time for name, time in times(out).items())


def test_tunings_are_kept_beside_the_latents(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    toy_projection(crops, out, TUNED)
    rows = table(out)
    assert all(float(row["tuned_psnr"]) > float(row["psnr"]) for row in rows)
    path = out / "projected_latents" / "bert.safetensors"
    whole, latent = path.read_bytes(), np.load(path.with_suffix(".npy"))
    picture = toy_generator().tuned(load_tuning(path)).render(latent[None])[0]
    np.testing.assert_array_equal(picture, read_image(out / "reconstructions" / "bert.png"))
    path.unlink()
    assert toy_projection(crops, out, TUNED).before == 2
    assert path.read_bytes() == whole
    toy_projection(crops, out, SEARCHED)
    assert not path.exists() and not table(out)[0]["tuned_psnr"]


def test_bad_crops_are_recorded_and_skipped(crops: Path, tmp_path: Path) -> None:
    (crops / "anna.png").write_bytes((crops / "anna.png").read_bytes()[:200])
    write_image(crops / "bert.png", np.zeros((64, 80, 3), np.uint8))
    outcome = toy_projection(crops, tmp_path / "out", SEARCHED)
    assert outcome.exit_code == 1
    assert "damaged" in outcome.failed["anna"] and "80 x 64" in outcome.failed["bert"]
    assert [path.name for path in (tmp_path / "out" / "projected_latents").glob("*.npy")] == ["cleo.npy"]
    assert [bool(row["error"]) for row in table(tmp_path / "out")] == [True, True, False]


def test_an_unknown_face_gets_a_warning(crops: Path, tmp_path: Path) -> None:
    write_image(crops / "anna.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    progress = Recorder()
    project_folder(crops, tmp_path / "out", toy_models(), toy_config(), progress)
    (warning,) = progress.sentences
    assert warning.startswith("anna: ") and "ffhq-stylegan2" in warning


def test_latents_of_an_earlier_version_are_refused(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    toy_projection(crops, out, SEARCHED)
    (out / "manifest_projection.jsonl").unlink()
    note = out / "projected_latents" / "anna.json"
    note.write_text(json.dumps({"space": SPACE, "made_from": "0", "psnr": 30.0}))
    with pytest.raises(RunConflict, match="earlier version"):
        toy_projection(crops, out, SEARCHED)


def test_one_process_at_a_time(crops: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "out"), pytest.raises(RunConflict, match="Another run"):
        toy_projection(crops, tmp_path / "out", SEARCHED)


def test_a_run_takes_the_latents_as_they_are_and_leaves_its_own(crops: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "projected_first", tmp_path / "run_first"
    toy_projection(crops, first, SEARCHED)
    before = times(first)
    assert not toy_run(crops, first, config=SEARCHED).failed
    assert times(first) == before
    toy_run(crops, second, config=SEARCHED)
    assert contents(second, *LATENTS) == contents(first, *LATENTS)
    before = times(second)
    toy_projection(crops, second, SEARCHED)
    assert times(second) == before


def editor_latent(name: str, image: np.ndarray, cache: Path) -> np.ndarray:
    """The latent that the editor finds for a crop."""
    context = RenderContext(lambda: (toy_config(**SEARCHED), toy_models()))
    context.open()
    projector = Projector(context, cache)
    job = EditorJob(1, name, image, None)
    found = projector.refine(job, projector.guess(job), lambda share: None, lambda image: None)
    assert projector.known(job) is not None
    return np.asarray(found.portrait.latent)


def test_every_command_finds_the_same_latent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run, project-images, edit_photo and the editor, for one face of a photograph among others."""
    for seed, name in enumerate(("anna", "ben", "carl")):
        write_image(tmp_path / "photos" / f"{name}.png", toy_photo(seed))
    run = tmp_path / "run"
    toy_run(tmp_path / "photos", run, config=SEARCHED, photos=Photographs())
    expected = np.load(run / "projected_latents" / "ben.npy")
    crop = run / "crops" / "ben.png"
    write_image(tmp_path / "alone" / "ben.png", read_image(crop))
    toy_projection(tmp_path / "alone", tmp_path / "projected", SEARCHED)
    np.testing.assert_array_equal(np.load(tmp_path / "projected" / "projected_latents" / "ben.npy"), expected)
    np.testing.assert_array_equal(editor_latent("ben", read_image(crop), tmp_path / "cache"), expected)
    found: list[Inversion] = []
    invert: Callable[..., Inversion] = edit_photo_module.invert
    monkeypatch.setattr(edit_photo_module, "invert", lambda *given: found.append(invert(*given)) or found[-1])
    photo = read_photo(tmp_path / "photos" / "ben.png")
    edit_photo_module.edit_photo(photo, {"Bp_max": 1.0}, toy_models(), toy_config(**SEARCHED))
    np.testing.assert_array_equal(found[0].latent, expected)


def kill_and_compare(crops: Path, tmp_path: Path, kills: int, seed: int, config: dict[str, Any]) -> None:
    for number in range(4):
        write_image(crops / f"more_{number}.png", portrait_image(10 + number))
    finish(slow_projection, crops, tmp_path / "whole", 0.004, config)
    folder = tmp_path / "killed"
    assert kill_at_random(kills, seed, folder, slow_projection, crops, folder, 0.004, config, most=3)
    finish(slow_projection, crops, folder, 0.004, config)
    assert contents(folder, *LATENTS) == contents(tmp_path / "whole", *LATENTS)
    assert len(table(folder)) == 7 and not list(folder.rglob("*.tmp"))


def test_killed_three_times(crops: Path, tmp_path: Path) -> None:
    kill_and_compare(crops, tmp_path, 3, 1, SEARCHED)


@pytest.mark.full
@pytest.mark.parametrize("config", [SEARCHED, TUNED], ids=["searched", "tuned"])
def test_killed_again_and_again(crops: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    kill_and_compare(crops, tmp_path, 10, 2, config)
