"""Beautifying on the command line: many photos, bad ones among them, and a second start."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps import cli
from pipeline.core.images import read_image, write_image
from pipeline.photo.face import Face
from postprocess.beauty.regions import LIPS
from postprocess.labels import Lapa
from tests.pipeline.beautify.test_faces import Faces, blind, parse
from tests.support.toy_run import ToyDetector, toy_photo


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a face, nobody, and what is no photo."""
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setattr("pipeline.beautify.job.open_detector", lambda *_: ToyDetector())
    seen: list[str] = []

    def sees(image: np.ndarray) -> np.ndarray:
        seen.append("face" if image.mean() > 20 else "dark")
        return parse(image) if image.mean() > 20 else blind(image)

    monkeypatch.setattr("pipeline.beautify.job.open_parser", lambda *_: sees)
    folder = tmp_path / "photos"
    write_image(folder / "anna.png", toy_photo(0))
    write_image(folder / "night.png", np.zeros((90, 120, 3), np.uint8))
    (folder / "torn.jpg").write_bytes(b"torn")
    (folder / "zoe.png").write_bytes((folder / "anna.png").read_bytes())
    return folder


def call(*words: object) -> int:
    return cli.main(["beautify", *(str(word) for word in words)])


def test_photos_are_done_and_what_is_wrong_is_said(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in photos.iterdir()}
    results = tmp_path / "results"
    assert call(photos, "--look", "strong", "--output-dir", results, "--parser", "demo") == 1
    said = capsys.readouterr()
    assert "1 face ->" in said.out and "night.png: 0 faces" in said.out and "no face" in said.out
    about, failed = said.err.splitlines()
    assert "parser is the embedded one of demo" in about and "torn.jpg" in failed
    assert said.out.splitlines()[-1] == f"2 faces in 3 photos -> {results}"
    assert (read_image(results / "anna.png") != toy_photo(0)).any()
    assert not read_image(results / "night.png").any()
    assert (results / "zoe.png").read_bytes() == (results / "anna.png").read_bytes()
    assert {path: path.read_bytes() for path in photos.iterdir()} == before
    lines = [json.loads(line) for line in (results / "manifest.jsonl").read_text().splitlines()]
    assert [(line["portrait"], "error" in line) for line in lines] == [
        ("anna", False),
        ("night", False),
        ("torn", True),
        ("zoe", False),
    ]


def test_recipe_and_metadata_are_in_the_result(photos: Path, tmp_path: Path) -> None:
    from PIL import Image as pillow

    assert call(photos / "anna.png", "--lip-colour", "crimson", "--output-dir", tmp_path / "r", "--parser", "demo") == 0
    with pillow.open(tmp_path / "r" / "anna.png") as file:
        packet = file.info["XML:com.adobe.xmp"]
    assert '"lip_colour": "crimson"' in packet and '"lips": 0.6' in packet


def test_a_second_start_does_the_rest_and_other_settings_are_refused(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    asked = ("--output-dir", results, "--parser", "demo")
    assert call(photos / "anna.png", photos / "night.png", *asked) == 0
    anna = (results / "anna.png").stat().st_mtime_ns
    (results / "night.png").unlink()
    assert call(photos / "anna.png", photos / "night.png", *asked) == 0
    assert "1 finished before" in capsys.readouterr().out
    assert (results / "night.png").is_file() and (results / "anna.png").stat().st_mtime_ns == anna
    assert call(photos / "anna.png", "--smooth", "0.9", *asked) == 1
    assert "smooth: 0.4 there, 0.9 now" in capsys.readouterr().err


class Several:
    """Sees two faces in a wide picture, one in a narrow one."""

    def detect(self, image: np.ndarray) -> list[Face]:
        wide = image.shape[1] > 160
        return Faces((10, 10, 90), *([(110, 60, 80)] if wide else [])).detect(image)


def test_a_face_can_be_chosen_and_a_photo_without_it_fails(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.beautify.job.open_detector", lambda *_: Several())
    write_image(photos / "zoe.png", toy_photo(0)[:, :140])
    both, results = (photos / "anna.png", photos / "zoe.png", "--parser", "demo"), tmp_path / "results"
    assert call(*both, "--face", "2", "--output-dir", results) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[1:] == [
        "face-edit: There is 1 face in zoe, numbered from the largest: there is no face 2."
    ]
    assert said.out.splitlines()[-1] == f"1 face in 1 photo -> {results}"
    changed = (read_image(results / "anna.png") != toy_photo(0)).any(axis=2)
    assert changed[:, 120:].any() and not changed[:55].any()
    assert call(*both, "--all-faces", "--output-dir", results) == 1
    assert "face: 2 there, not set now" in capsys.readouterr().err
    assert call(*both, "--all-faces", "--output-dir", tmp_path / "all") == 0
    assert "3 faces in 2 photos" in capsys.readouterr().out
    assert call(*both, "--aligned", "--face", "1", "--output-dir", tmp_path / "aligned") == 1
    assert "An aligned picture shows one face" in capsys.readouterr().err


def test_what_is_left_out_stands_in_the_line_of_the_photo(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_lips(image: np.ndarray) -> np.ndarray:
        seen = parse(image)
        return np.where(np.isin(seen, LIPS), Lapa.SKIN, seen).astype(np.uint8)

    monkeypatch.setattr("pipeline.beautify.job.open_parser", lambda *_: no_lips)
    assert call(photos / "anna.png", "--lips", "1", "--output-dir", tmp_path / "r", "--parser", "phone") == 0
    said = capsys.readouterr()
    assert "anna.png; teeth and lips left as they are: the parser does not see them where they must be" in said.out
    assert said.err.count("\n") == 1 and "parser is the embedded one of phone" in said.err


def test_crops_need_no_detector(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.beautify.job.open_detector", None)
    assert call(photos / "anna.png", "--aligned", "--output-dir", tmp_path / "r", "--parser", "demo") == 0
    assert (read_image(tmp_path / "r" / "anna.png") != toy_photo(0)).any()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--look", "evenin"], "did you mean evening"),
        (["--lip-colour", "blurple"], "#rrggbb"),
        (["--smooth", "2"], "at most 1"),
    ],
)
def test_wrong_wishes_are_one_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert call(photos / "anna.png", *words, "--output-dir", tmp_path / "r", "--parser", "demo") == 1
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1


def test_a_photo_is_never_replaced(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(photos / "anna.png", "--output-dir", photos, "--parser", "demo") == 1
    assert "where the photos are" in capsys.readouterr().err
