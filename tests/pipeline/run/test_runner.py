"""Whole runs on toy models: results, resume, refusals, bad photos, single steps on kept images."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import pipeline.core.files
from pipeline.batch.folder import RunFolder
from pipeline.core.errors import BadConfig, BadInput, CannotWrite, RunConflict
from pipeline.core.images import read_image, write_image
from pipeline.run.runner import run
from tests.support.recorder import Recorder
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_job, toy_run

FINAL = "images_post_toy_invert"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for seed, name in enumerate(("anna", "ben", "0_0_0_0_0_0_2_0_0", "carl")):
        write_image(folder / f"{name}.png", portrait_image(seed))
    return folder


def images(run_folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(run_folder)): path.read_bytes() for path in sorted(run_folder.rglob("*/*/*.png"))}


def records(run_folder: Path, name: str = "manifest.jsonl") -> list[dict]:
    return [json.loads(line) for line in (run_folder / name).read_text().splitlines()]


def test_everything_is_there(photos: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in photos.iterdir()}
    outcome = toy_run(photos, tmp_path / "run")
    assert not outcome.failed
    assert outcome.images == 4 * 7 == len(records(tmp_path / "run"))
    assert {path.parts[0] for path in map(Path, images(tmp_path / "run"))} == {FINAL}
    assert len(images(tmp_path / "run")) == 28
    # Named as in the challenge: brown hair stays brown, whatever the predictor thinks.
    named = {path.stem for path in (tmp_path / "run" / FINAL / "0_0_0_0_0_0_2_0_0").iterdir()}
    assert "Hc_2" not in named
    assert {"bald", "Hc_0", "Hc_1", "Bp_max"} <= named
    for name in ("config.yaml", "run.yaml", "contact_sheet.png", "report.html", "projected_latents/anna.npy"):
        assert (tmp_path / "run" / name).is_file()
    assert np.load(tmp_path / "run/projected_latents/anna.npy").shape == (2, 24)
    assert before == {path: path.read_bytes() for path in photos.iterdir()}


def test_edits_that_are_there_already_are_named(photos: Path, tmp_path: Path) -> None:
    said = Recorder()
    assert not run(toy_job(photos, tmp_path / "run", edits=("Hc_2", "Bp_max")), ToyModels(), said).failed
    assert "0_0_0_0_0_0_2_0_0 seems to have already, or cannot show, Hc_2: left out." in said.sentences


def test_scores_say_where_it_changed(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "run", config={"steps": [{"toy_square": {"share": 0.5, "softness": 0.9}}]})
    for record in records(tmp_path / "run"):
        assert record["scores"]["support"] == pytest.approx(0.25, abs=1e-3)
        assert record["scores"]["leakage"] < 1e-3 < record["scores"]["raw_leakage"]
        assert record["scores"]["inversion_psnr"] > 40


def test_edits_depend_on_the_portrait(photos: Path, tmp_path: Path) -> None:
    write_image(photos / "dora.png", np.full((64, 64, 3), 200, np.uint8))
    toy_run(photos, tmp_path / "run")
    dora = {path.stem for path in (tmp_path / "run" / FINAL / "dora").iterdir()}
    assert "Hc_3" not in dora
    assert {"Hc_0", "Hc_1", "bald"} <= dora


def test_second_start_does_nothing(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "run")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*/*/*.png")}
    outcome = toy_run(photos, tmp_path / "run")
    assert outcome.before == 4
    assert outcome.images == 0
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*/*/*.png")}


def test_what_is_missing_comes_back(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder)
    whole = images(folder)
    (folder / FINAL / "ben" / "Bp_max.png").unlink()
    shutil.rmtree(folder / "projected_latents")
    assert toy_run(photos, folder).before == 3
    assert images(folder) == whole
    lines = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)
    (folder / "manifest.jsonl").write_text("".join(lines[:-1]) + lines[-1][:20])
    assert toy_run(photos, folder).before == 3
    assert images(folder) == whole
    assert [record["portrait"] for record in records(folder)] == sorted(
        record["portrait"] for record in records(folder)
    )


def test_a_changed_photo_is_done_again(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder)
    write_image(photos / "ben.png", portrait_image(99))
    assert toy_run(photos, folder).before == 3
    fresh = toy_run(photos, tmp_path / "fresh")
    assert not fresh.failed
    assert images(folder) == images(tmp_path / "fresh")


def test_keeping_more_redoes_with_the_same_pixels(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder)
    whole = images(folder)
    toy_run(photos, folder, keep=("translation",))
    now = images(folder)
    assert {name: now[name] for name in whole} == whole
    assert len(now) == 2 * len(whole)


def test_other_settings_are_refused(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "run")
    with pytest.raises(RunConflict, match=r"batch: 3 there, 5 now"):
        toy_run(photos, tmp_path / "run", config={"batch": 5})
    with pytest.raises(RunConflict, match=r"edits: not set there, Bp_max now"):
        toy_run(photos, tmp_path / "run", edits=("Bp_max",))
    with pytest.raises(RunConflict, match="weights: toy there, retrained now"):
        run(toy_job(photos, tmp_path / "run"), ToyModels("retrained"))


def test_another_backend_is_refused_and_a_run_says_what_ran(photos: Path, tmp_path: Path) -> None:
    models, folder = ToyModels(), tmp_path / "run"
    models.ran.append("generator by openvino 1.0, float32, 140 dB against torch")
    run(toy_job(photos, folder), models)
    assert "generator by openvino 1.0, float32, 140 dB against torch\n" in (folder / "run.log").read_text()
    assert "generator: torch" in (folder / "run.yaml").read_text()
    models.backends = {"generator": "openvino"}
    with pytest.raises(RunConflict, match=r"backends\.generator: torch there, openvino now"):
        run(toy_job(photos, folder), models)
    with pytest.raises(RunConflict, match="backend: torch there, auto now"):
        toy_run(photos, folder, config={"backend": "auto"})


def test_one_writer_at_a_time(photos: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run"), pytest.raises(RunConflict, match="Another run"):
        toy_run(photos, tmp_path / "run")
    toy_run(photos, tmp_path / "run")


def test_bad_photos_do_not_stop_the_others(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_bytes((photos / "anna.png").read_bytes()[:99])
    (photos / "text.jpg").write_text("not an image")
    write_image(photos / "wide.png", np.zeros((64, 96, 3), np.uint8))
    write_image(photos / "dark.png", np.zeros((64, 64, 3), np.uint8))
    folder = tmp_path / "run"
    outcome = toy_run(photos, folder, keep=("translation",))
    assert set(outcome.failed) == {"broken", "text", "wide", "dark"}
    assert "square" in outcome.failed["wide"]
    assert outcome.failed["dark"] == "ValueError: there is nobody in the dark; the traceback is in run.log."
    errors = {record["portrait"]: record["error"] for record in records(folder) if "error" in record}
    assert errors == outcome.failed
    assert not [path for path in (folder).rglob("*.png") if path.parent.name == "dark"]
    assert "nobody in the dark" in (folder / "report.html").read_text()
    good = {name: data for name, data in images(folder).items() if name.startswith(FINAL)}
    # Mended, it is done; the others stay as they are.
    write_image(photos / "dark.png", portrait_image(7))
    again = toy_run(photos, folder, keep=("translation",))
    assert set(again.failed) == {"broken", "text", "wide"}
    assert again.before == 4
    now = images(folder)
    assert {name: now[name] for name in good} == good


def test_full_disk_ends_the_run_with_a_sentence(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = pipeline.core.files.os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 60:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(pipeline.core.files.os, "fsync", full)
    with pytest.raises(CannotWrite, match="disk is full"):
        toy_run(photos, tmp_path / "run")
    assert not list((tmp_path / "run").rglob("*.tmp"))
    monkeypatch.undo()
    toy_run(photos, tmp_path / "run")
    toy_run(photos, tmp_path / "fresh")
    assert images(tmp_path / "run") == images(tmp_path / "fresh")


def test_originals_are_safe(photos: Path, tmp_path: Path) -> None:
    for folder in (photos, tmp_path / "photos" / ".." / "photos"):
        with pytest.raises(BadInput, match="where the photos are"):
            toy_run(photos, folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no images"):
        toy_run(tmp_path / "empty", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_steps_on_kept_images_give_the_same_pixels(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, keep=("translation", "toy_square"))
    whole = images(folder)
    shutil.rmtree(folder / "images_post_toy_square")
    toy_run(photos, folder, only="toy_square")
    shutil.rmtree(folder / FINAL)
    toy_run(photos, folder, start="toy_invert")
    assert images(folder) == whole


def test_from_a_step_with_other_settings(photos: Path, tmp_path: Path) -> None:
    folder, changed = tmp_path / "run", {"steps": ["toy_square", {"toy_invert": {"amount": 0.5}}]}
    toy_run(photos, folder, keep=("toy_square",), edits=("Bp_max", "bald"))
    with pytest.raises(RunConflict, match=r"amount"):
        toy_run(photos, folder, config=changed, edits=("Bp_max", "bald"))
    with pytest.raises(RunConflict, match="batch"):
        toy_run(photos, folder, config=changed | {"batch": 1}, start="toy_invert")
    outcome = toy_run(photos, folder, config=changed, start="toy_invert")
    assert outcome.before == 0
    assert toy_run(photos, folder, config=changed, start="toy_invert").before == 4
    toy_run(photos, tmp_path / "fresh", config=changed, keep=("toy_square",), edits=("Bp_max", "bald"))
    assert images(folder) == images(tmp_path / "fresh")


def test_images_from_elsewhere_and_missing_ones(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(BadInput, match="--keep toy_square"):
        toy_run(photos, folder, start="toy_invert")
    write_image(folder / "images_post_translation" / "anna" / "Bp_max.png", portrait_image(50))
    outcome = toy_run(photos, folder, only="toy_square")
    assert set(outcome.failed) == {"ben", "carl", "0_0_0_0_0_0_2_0_0"}
    made = read_image(folder / "images_post_toy_square" / "anna" / "Bp_max.png")
    assert (made[:16] == portrait_image(0)[:16]).all()
    assert (made[24:40, 24:40] != portrait_image(0)[24:40, 24:40]).any()
    assert not (folder / "manifest.jsonl").exists()
    assert len(records(folder, "manifest_toy_square.jsonl")) == 4


def test_unknown_steps_are_named(photos: Path, tmp_path: Path) -> None:
    for asked in ({"keep": ("toy_sqare",)}, {"only": "toy_sqare"}, {"start": "toy_sqare"}):
        with pytest.raises(BadInput, match=r"did you mean toy_square\?"):
            toy_run(photos, tmp_path / "run", **asked)
    with pytest.raises(BadConfig):
        toy_run(photos, tmp_path / "run", config={"steps": ["toy_circle"]})


def test_sheet_and_strength(photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("photo,edit,strength\nanna.png,Bp_max,0.5\nanna.png,Bp_max,\nben,Hc_4,1\nben,Hc_0,2\n")
    toy_run(photos, tmp_path / "run", sheet=sheet)
    names = {(record["portrait"], record["edit"], record["strength"]) for record in records(tmp_path / "run")}
    assert names == {("anna", "Bp_max@0.5", 0.5), ("anna", "Bp_max", 1.0), ("ben", "bald", 1.0), ("ben", "Hc_0@2", 2.0)}


def test_several_changes_in_one_image(photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("photo,edit,strength\nanna,Bp_max@0.5 + Hc_2,\nanna,Bp_max+Hc_2,0.5\n")
    toy_run(photos, tmp_path / "run", sheet=sheet, keep=("toy_square",))
    found = {record["edit"]: record["image"] for record in records(tmp_path / "run")}
    assert set(found) == {"Bp_max@0.5+Hc_2", "Bp_max@0.5+Hc_2@0.5"}
    first, second = (read_image(tmp_path / "run" / image) for image in found.values())
    assert (first != second).any()
    models, portrait = ToyModels(), read_image(photos / "anna.png")
    latent = models.encoder.encode([portrait])[0]
    moved = latent + models.translations["Bp_max"].displacement(0.5) + models.translations["Hc_2"].displacement()
    kept = toy_run(photos, tmp_path / "again", sheet=sheet, config={"steps": []})
    assert (read_image(kept.folder / "anna" / "Bp_max@0.5+Hc_2.png") == models.generator.render(moved[None])[0]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photo,edit\nanna,Bp_max+Bp_min\n", "two values of one attribute"),
        ("photo,edit\nanna,Bp_max@many\n", "line 2: the strength 'many' is neither a number nor least"),
        ("photo,edit\nanna,Bp_max+Hc_9\n", "line 2: .*Hc_9"),
        ("photo,edit\nana,Bp_max\n", r"line 2: there is no photo 'ana': did you mean anna\?"),
        ("photo,edit\nanna,Bp_mx\n", r"line 2: .*did you mean max"),
        ("photo,edit,strength\nanna,Bp_max,much\n", "'much' is neither a number nor least"),
        ("photo,edit,strength\nanna,Bp_max,nan\n", "out of range"),
        ("photo,edit\nanna,Bp_max\nanna,Bp_max\n", "twice"),
        ("picture,edit\nanna,Bp_max\n", "columns photo, edit, strength"),
        ("photo,edit\n", "lists no edits"),
    ],
)
def test_wrong_sheets(photos: Path, tmp_path: Path, text: str, message: str) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    with pytest.raises(BadInput, match=message):
        toy_run(photos, tmp_path / "run", sheet=sheet)


def test_a_sheet_may_ask_for_the_least_strength(photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("photo,edit,strength\nanna,Bp_max,least\n")
    toy_run(photos, tmp_path / "run", sheet=sheet)
    (record,) = records(tmp_path / "run")
    assert record["edit"] == "Bp_max@least" and 0 <= record["strength"] <= 2
    with pytest.raises(BadInput, match="needs the setting strength=adaptive"):
        toy_run(photos, tmp_path / "other", sheet=sheet, config={"strength": "fixed"})


def test_given_latents_are_used(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "first")
    latents = tmp_path / "latents"
    latents.mkdir()
    other = np.load(tmp_path / "first/projected_latents/ben.npy")
    np.save(latents / "anna.npy", other[None])
    toy_run(photos, tmp_path / "second", latents=latents)
    assert (np.load(tmp_path / "second/projected_latents/anna.npy") == other).all()
    (latents / "ben.npy").write_bytes(b"nonsense")
    outcome = toy_run(photos, tmp_path / "third", latents=latents)
    assert set(outcome.failed) == {"ben"}
