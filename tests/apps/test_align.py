"""Photos to crops and back on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps import cli
from pipeline.core.crop import FFHQ_512
from pipeline.core.images import read_image, write_image
from pipeline.photo.crop_files import read_note
from pipeline.photo.face import Face
from tests.support.toy_run import ToyDetector, toy_photo


class Pair:
    """Sees a large face and a small one."""

    def detect(self, _: object) -> list[Face]:
        return [Face((0, 0, side, side), 0.9, FFHQ_512 * side + 5) for side in (120, 70)]


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pipeline.photo.detector.open_detector", lambda *_: ToyDetector())
    write_image(tmp_path / "anna.png", toy_photo(0))
    return tmp_path / "anna.png"


def call(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_a_crop_and_back(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crops, results, before = tmp_path / "crops", tmp_path / "results", photo.read_bytes()
    assert call("align", photo, "--output-dir", crops, "--size", 128) == 0
    assert "face 1 of 1" in capsys.readouterr().out
    note = read_note(crops / "anna.png")
    assert (note.face, note.of, note.size, note.width, note.height) == (1, 1, 128, 200, 150)
    edited = read_image(crops / "anna.png")
    assert edited.shape == (128, 128, 3)
    write_image(tmp_path / "same.png", edited)
    edited[50:70, 50:70] = 255
    write_image(tmp_path / "spot.png", edited)
    assert (
        call("paste-back", crops / "anna.png", tmp_path / "same.png", tmp_path / "spot.png", "--output-dir", results)
        == 0
    )
    np.testing.assert_array_equal(read_image(results / "anna_same.png"), toy_photo(0))
    changed = (read_image(results / "anna_spot.png") != toy_photo(0)).any(axis=2)
    assert 100 < changed.sum() < 900
    assert photo.read_bytes() == before


def test_a_folder_of_photos(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crops = tmp_path / "crops"
    write_image(tmp_path / "holiday" / "ben.jpg", toy_photo(1))
    (tmp_path / "holiday" / "notes.txt").write_text("-")
    assert call("align", photo, tmp_path / "holiday", "--output-dir", crops, "--size", 64) == 0
    assert sorted(path.name for path in crops.glob("*.png")) == ["anna.png", "ben.png"]
    assert "notes.txt" in capsys.readouterr().err


def test_crops_of_one_name_are_refused(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other" / photo.name
    write_image(other, toy_photo(1))
    assert call("align", photo, other, "--output-dir", tmp_path / "crops") == 1
    assert f"would both be called {photo.name}" in capsys.readouterr().err
    assert not (tmp_path / "crops").exists()
    write_image(tmp_path / "anna.jpg", toy_photo(1))
    assert call("align", photo, tmp_path / "anna.jpg", "--output-dir", tmp_path / "crops", "--size", 64) == 0
    assert sorted(path.name for path in (tmp_path / "crops").glob("*.png")) == ["anna.jpg.png", "anna.png.png"]


def test_an_edit_of_another_size_softens_nothing(photo: Path, tmp_path: Path) -> None:
    assert call("align", photo, "--output-dir", tmp_path / "crops", "--size", 256) == 0
    from pipeline.core.images import resize

    write_image(tmp_path / "small.png", resize(read_image(tmp_path / "crops" / "anna.png"), 64))
    assert call("paste-back", tmp_path / "crops" / "anna.png", tmp_path / "small.png", "--output-dir", tmp_path) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "anna_small.png"), toy_photo(0))


def test_which_faces(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.photo.detector.open_detector", lambda *_: Pair())
    for options, names in (
        ([], ["anna.png"]),
        (["--face", "2"], ["anna_2.png"]),
        (["--all-faces"], ["anna_1.png", "anna_2.png"]),
    ):
        folder = tmp_path / "_".join(["crops", *options])
        assert call("align", photo, "--output-dir", folder, "--size", 64, *options) == 0
        assert sorted(path.name for path in folder.glob("*.png")) == names
    assert read_note(tmp_path / "crops_--all-faces" / "anna_2.png").crop.side < 80


def test_two_faces_of_one_photo_one_after_the_other(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.photo.detector.open_detector", lambda *_: Pair())
    call("align", photo, "--output-dir", tmp_path / "crops", "--size", 64, "--all-faces")
    for number in (1, 2):
        picture = read_image(tmp_path / "crops" / f"anna_{number}.png")
        picture[28:36, 28:36] = 255
        write_image(tmp_path / f"dot{number}.png", picture)
    crop = tmp_path / "crops"
    assert call("paste-back", crop / "anna_1.png", tmp_path / "dot1.png", "--output-dir", tmp_path) == 0
    first = tmp_path / "anna_1_dot1.png"
    assert (
        call("paste-back", crop / "anna_2.png", tmp_path / "dot2.png", "--output-dir", tmp_path, "--photo", first) == 0
    )
    both = (read_image(tmp_path / "anna_2_dot2.png") != toy_photo(0)).any(axis=2).sum()
    assert both > (read_image(first) != toy_photo(0)).any(axis=2).sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--face", "3"], "no face 3"),
        (["--size", "10"], "--size 10 is out of range"),
    ],
)
def test_wrong_wishes(photo: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("align", photo, "--output-dir", photo.parent / "crops", *options) == 1
    assert message in capsys.readouterr().err
    assert not (photo.parent / "crops").exists()


def test_a_bad_photo_does_not_stop_the_others(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.jpg").write_text("not an image")
    write_image(tmp_path / "dark.png", np.zeros((150, 200, 3), np.uint8))
    words = ("align", tmp_path / "text.jpg", tmp_path / "dark.png", photo, "--output-dir", tmp_path / "crops")
    assert call(*words, "--size", 64) == 1
    told = capsys.readouterr()
    assert told.err.count("face-edit:") == 2
    assert "No face can be found in dark.png" in told.err
    assert (tmp_path / "crops" / "anna.png").is_file()


def test_notes_and_photos_that_do_not_fit(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("align", photo, "--output-dir", tmp_path / "crops", "--size", 64)
    crop, note = tmp_path / "crops" / "anna.png", tmp_path / "crops" / "anna.json"
    good = note.read_text()

    def refused(message: str, *options: object) -> None:
        capsys.readouterr()
        assert call("paste-back", crop, crop, "--output-dir", tmp_path / "results", *options) == 1
        assert message in capsys.readouterr().err

    write_image(tmp_path / "wide.png", np.zeros((64, 80, 3), np.uint8))
    assert call("paste-back", crop, tmp_path / "wide.png", "--output-dir", tmp_path / "results") == 1
    write_image(tmp_path / "other.png", toy_photo(1)[:-1])
    refused("use the photo that it was cut from", "--photo", tmp_path / "other.png")
    moved = photo.rename(tmp_path / "moved.png")
    refused("give its place with --photo")
    assert call("paste-back", crop, crop, "--output-dir", tmp_path / "results", "--photo", moved) == 0
    write_image(photo, toy_photo(1))
    refused("has changed since")
    for text in ("{", json.dumps(json.loads(good) | {"width": 0}), json.dumps(json.loads(good) | {"more": 1})):
        note.write_text(text)
        refused("is damaged: make it again")
    note.unlink()
    refused("no anna.json beside it")


def test_the_original_is_never_written_to(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("align", photo, "--output-dir", tmp_path / "crops", "--size", 64)
    target = tmp_path / "anna_anna.png"
    photo.rename(target)
    assert (
        call(
            "paste-back",
            tmp_path / "crops" / "anna.png",
            photo.parent / "crops" / "anna.png",
            "--output-dir",
            tmp_path,
            "--photo",
            target,
        )
        == 1
    )
    assert "choose another --output-dir" in capsys.readouterr().err


def test_align_does_not_overwrite_the_photo(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = photo.read_bytes()
    assert call("align", photo, "--output-dir", photo.parent) == 1
    assert photo.read_bytes() == before
    assert "choose another --output-dir" in capsys.readouterr().err
