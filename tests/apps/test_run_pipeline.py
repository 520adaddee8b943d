"""The command line of a run: options become a job, the end is told, the exit code says whether all is well."""

import json
from pathlib import Path

import pytest

from apps import cli
from apps.run_pipeline import main
from pipeline.core.images import read_image, write_image
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_config

TOY = ["--set", "steps=[toy_square]", "--set", "projection.n_iter=0"]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy_config()  # puts the toy steps on the path
    monkeypatch.setattr("pipeline.models.Models", lambda *_: ToyModels())
    for seed, name in enumerate(("anna", "ben")):
        write_image(tmp_path / "photos" / f"{name}.png", portrait_image(seed))
    return tmp_path / "photos"


def call(photos: Path, *options: str) -> int:
    return cli.run(main, [str(photos), "--output-dir", str(photos.parent / "run"), *TOY, *options])


def test_options_reach_the_run(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(photos, "--edits", "Bp_max, Hc_4", "--keep", "translation", "--precision", "bfloat16") == 0
    run = photos.parent / "run"
    records = [json.loads(line) for line in (run / "manifest.jsonl").read_text().splitlines()]
    assert {(record["portrait"], record["edit"]) for record in records} == {
        (name, edit) for name in ("anna", "ben") for edit in ("Bp_max", "bald")
    }
    assert (run / "images_post_translation" / "anna" / "bald.png").is_file()
    assert "bfloat16" in (run / "config.yaml").read_text()
    told = capsys.readouterr().err
    assert "2 of 2 portraits complete; 4 images" in told
    assert str(run / "report.html") in told


def test_a_run_without_edits_says_so(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(photos, "--edits", "none") == 0
    assert "No edit was requested: every picture stays unchanged" in capsys.readouterr().err
    for name in ("anna", "ben"):
        result = read_image(photos.parent / "run" / "images_post_toy_square" / name / "none.png")
        assert (result == read_image(photos / f"{name}.png")).all()


def test_an_empty_list_of_edits_is_refused(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(photos, "--edits", " ,") == 1
    assert "--edits names no edit" in capsys.readouterr().err
    assert not (photos.parent / "run").exists()


@pytest.mark.parametrize("models", ["phone", "faces"])
def test_a_set_without_a_generator_is_refused(photos: Path, models: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(photos, "--models", models) == 1
    assert f"The model set {models} has no generator" in capsys.readouterr().err


def test_photographs_are_told_what_the_embedded_set_knows(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "--models ffhq-stylegan2"
    for options, told in ((["--photos"], True), (["--edits", "none", "--photos"], False), ([], False)):
        out = photos.parent / f"run{len(options)}"
        edits = options[:2] if len(options) > 1 else ["--edits", "Bp_max"]
        cli.run(main, [*options[-1:], str(photos), "--output-dir", str(out), *TOY, *edits])
        assert (said in " ".join(capsys.readouterr().err.split())) == told


def test_a_bad_photo_is_told_and_the_exit_code_is_1(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG nonsense")
    assert call(photos) == 1
    told = capsys.readouterr().err
    assert "failed broken" in told
    assert "2 of 3 portraits complete" in told


def test_an_unknown_face_is_edited_by_force_only(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    write_image(photos / "noise.png", noise)
    results = photos.parent / "run" / "images_post_toy_square"
    assert call(photos, "--edits", "Bp_max") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "failed noise: The reconstruction reaches only" in told
    assert not (results / "noise").exists()
    assert call(photos, "--edits", "Bp_max", "--force") == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "careful noise: The reconstruction reaches only" in told
    assert (results / "noise" / "Bp_max.png").is_file()
    report = (photos.parent / "run" / "report.html").read_text()
    assert "Handle with care" in report
    assert "The reconstruction reaches only" in report


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--edits", "Bp_mx"], "did you mean max"),
        (["--edits", "Gl_1"], "no translation for Gl_1"),
        (["--edits", "none,Bp_max"], "none"),
        (["--edits", "Hc_1_fr_0"], "Use Hc_1"),
        (["--set", "bach=3"], "did you mean batch"),
        (["--keep", "toy_sqare"], "did you mean toy_square"),
        (["--latents", "no_such_folder"], "no folder of latents"),
        (["--sheet", "no_such.csv"], "cannot be read"),
        (["--edits", "Bp_max", "--sheet", "x.csv"], "either --edits or --sheet"),
        (["--only", "toy_square", "--from", "toy_square"], "not both"),
        (["--only", "toy_square"], "--keep translation"),
        (["--gps"], "--gps applies to photographs only"),
        (["--face", "2"], "--face applies to photographs only"),
        (["--all-faces"], "--all-faces applies to photographs only"),
    ],
)
def test_wrong_options_get_one_sentence(
    photos: Path,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(photos.parent)  # where nothing of these names is
    assert call(photos, *options) == 1
    told = capsys.readouterr().err
    assert message in told
    assert len([line for line in told.splitlines() if line.startswith("face-edit:")]) == 1
    assert "Traceback" not in told
