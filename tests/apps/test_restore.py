"""`face-edit restore`: what it says, what it writes, and how it ends."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apps.cli import main
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.restore import nets as restore_tools
from pipeline.restore import run as restore_run
from pipeline.restore import samples as restore_samples
from pipeline.restore.job import Item
from tests.parity.recipe import seeded
from tests.support.photos import rendered, worn
from tests.support.toy_restore import ToyDetector, face, toy_nets


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of pictures and the toy net; nothing was fetched."""
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "weights"))
    for module in (restore_run, restore_samples):
        monkeypatch.setattr(module, "open_nets", lambda job, *_: toy_nets(job.fidelity))
    for number in range(9):
        picture = np.random.default_rng(number).integers(0, 256, (64, 64, 3), np.uint8)
        write_image(tmp_path / "photos" / f"p{number}.png", picture)
    return tmp_path


def restore(folder: Path, *options: str) -> int:
    given = [str(folder / "photos"), "--output-dir", str(folder / "out"), "--face-detector", "aligned", *options]
    return main(["restore", *given])


def statistics(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "restoration_stats.json").read_text())
    return found


@pytest.mark.parametrize("options", [[], ["--model", "demo"]])
def test_it_says_once_that_the_net_is_an_embedded_one(
    toys: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert restore(toys, *options) == 0
    said = capsys.readouterr()
    assert said.err.count("The restorer is the embedded one of demo") == said.err.count("\n") == 1
    assert "`face-edit models fetch restorers gfpgan`" in said.err
    assert "9 faces restored in 9 photos" in said.out
    assert said.err == f"face-edit: {statistics(toys)['note']}\n"
    assert restore(toys, *options) == 0
    assert "9 of 9 were done before" in capsys.readouterr().out


def test_of_another_net_it_says_nothing(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert restore(toys, "--model", "gfpgan") == 0
    assert capsys.readouterr().err == ""
    assert statistics(toys)["note"] is None


def sharp(number: int) -> Image:
    """A picture of edges and no noise."""
    return np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8).repeat(16, 0).repeat(16, 1)


def test_a_sharp_face_is_left_as_it_is_and_that_is_told(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_image(toys / "photos" / "p3.png", sharp(3))
    assert restore(toys, "--no-face", "skip") == 0
    said = capsys.readouterr()
    sentence = "The face in p3 is sharp already: it was left as it is."
    assert sentence in said.err
    assert "8 faces restored in 8 photos" in said.out
    assert "1 sharp face left as found" in said.out
    np.testing.assert_array_equal(read_image(toys / "out" / "restored" / "p3.png"), sharp(3))
    found = statistics(toys)
    assert (found["restored"], found["sharp"], found["without_face"]) == (8, 1, 0)
    assert (found["faces_restored"], found["faces_sharp"]) == (8, 1)
    assert (found["files"][3]["status"], found["files"][3]["warning"]) == ("sharp", sentence)


class OneOrTwo:
    """Finds a face in every photo, and a smaller one beside it in wide ones."""

    def detect(self, image: Image) -> list[Face]:
        return [face(5, 10, 100), face(130, 30, 50)][: 1 + (image.shape[1] > 150)]


@pytest.fixture
def party(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos of one face, and of two."""
    monkeypatch.setattr("pipeline.photo.detector.open_detector", lambda *_: OneOrTwo())
    for module in (restore_run, restore_samples):
        monkeypatch.setattr(module, "open_nets", lambda job, _, detector: toy_nets(job.fidelity, detector))
    for path in (toys / "photos").iterdir():
        path.unlink()
    for name, width in (("one", 120), ("two", 200)):
        write_image(toys / "photos" / f"{name}.png", np.full((120, width, 3), 60, np.uint8))
    return toys


@pytest.mark.parametrize(
    ("options", "told", "changed"),
    [
        ([], "3 faces restored in 2 photos", {"one": [True], "two": [True, True]}),
        (["--all-faces"], "3 faces restored in 2 photos", {"one": [True], "two": [True, True]}),
        (["--face", "1"], "2 faces restored in 2 photos", {"one": [True], "two": [True, False]}),
        (["--face", "2"], "1 face restored in 1 photo,", {"two": [False, True]}),
    ],
)
def test_which_faces(
    party: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str, changed: dict[str, list[bool]]
) -> None:
    """A photo that lacks the face fails, and the other goes on."""
    assert restore(party, "--face-detector", "yunet", *options) == (0 if len(changed) == 2 else 1)
    said = capsys.readouterr()
    assert told in said.out
    assert ("There is 1 face in one, numbered from the largest: there is no face 2." in said.err) == (len(changed) == 1)
    for name, faces in changed.items():
        after = read_image(party / "out" / "restored" / f"{name}.png")
        for place, restored in zip(((60, 55), (55, 155)), faces, strict=False):
            assert (after[place] != 60).all() == restored
    assert {path.stem for path in (party / "out" / "restored").iterdir()} == set(changed)
    assert statistics(party)["settings"]["face"] == (int(options[1]) if len(options) == 2 else None)


def test_two_faces_of_one_photo_are_counted_in_plain_english(party: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (party / "photos" / "one.png").unlink()
    assert restore(party, "--face-detector", "yunet") == 0
    assert "2 faces restored in 1 photo," in capsys.readouterr().out
    assert restore(party, "--face-detector", "yunet") == 0
    assert "1 of 1 was done before" in capsys.readouterr().out


def test_a_non_commercial_licence_is_told(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert restore(toys, "--model", "codeformer") == 0
    assert "S-Lab License 1.0 (non-commercial)" in capsys.readouterr().err


def test_a_bad_photo_is_a_sentence_and_exit_code_one(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (toys / "photos" / "p3.png").write_text("no picture")
    assert restore(toys, "--save-comparison") == 1
    said = capsys.readouterr()
    assert "p3.png is not an image that can be read" in said.err
    assert len(list((toys / "out" / "restored").glob("*.png"))) == 8
    assert len(list((toys / "out" / "comparisons").glob("p?_compare.jpg"))) == 8
    assert statistics(toys)["failed"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fidelity", "1.5"], "out of range"),
        (["--model", "gfpgam"], "choose among gfpgan"),
        (["--num-samples", "0"], "ask for 1 or more"),
        (["--device", "tpu"], "no device tpu"),
        (["--face", "1"], "An aligned picture shows one face"),
        (["--all-faces"], "An aligned picture shows one face"),
    ],
)
def test_a_wrong_option_is_a_sentence(
    toys: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert restore(toys, *options) == 1
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not (toys / "out" / "restored").exists()


def test_an_interruption_ends_with_130_and_statistics(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[Image]:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore_tools.Restorer, "restore", interrupted)
    assert restore(toys) == 130
    assert statistics(toys)["waiting"] == 9


def test_samples_are_spread_and_only_a_sheet(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    prepare = restore_samples.prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore_samples, "prepare", lambda item, *rest: seen.append(item.name) or prepare(item, *rest))
        assert restore(toys, "--num-samples", "3", "--fidelity", "0.2") == 0
    assert seen == ["p0", "p4", "p8"]
    assert [path.name for path in (toys / "out").iterdir()] == ["samples.png"]
    sheet = read_image(toys / "out" / "samples.png")
    assert sheet.shape == (20 + 3 * 284, 8 + 5 * 264, 3)
    assert str(toys / "out" / "samples.png") in capsys.readouterr().out
    first = sheet[40:296, 8:264]
    difference = [np.abs(first.astype(int) - sheet[40:296, 8 + 264 * k : 264 + 264 * k]).mean() for k in range(5)]
    assert difference[0] == 0
    assert difference[1:] == sorted(difference[1:], reverse=True)


def test_samples_without_a_face_are_a_sentence(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (toys / "photos").iterdir():
        write_image(path, np.zeros((64, 80, 3), np.uint8))  # no square, so no crop of a face
    assert restore(toys, "--num-samples", "3") == 1
    assert "No face was found in the 3 samples" in capsys.readouterr().err
    assert not (toys / "out" / "samples.png").exists()


def test_a_sample_is_the_largest_face(tmp_path: Path) -> None:
    """Detectors give the largest first."""
    picture = np.full((120, 200, 3), 200, np.uint8)
    picture[:, :110] = 20
    write_image(tmp_path / "a.png", picture)
    tools = toy_nets(detector=ToyDetector(face(5, 10, 100), face(130, 30, 50)))
    item = Item("a", tmp_path / "a.png", picture.size // 3)
    for only, level in ((None, 20), (1, 20), (2, 200)):
        first, _ = restore_samples.sample(item, tools, (0.5,), only=only)
        assert (first == level).all()


def test_a_sample_shows_that_a_sharp_face_is_left_as_it_is(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", sharp(0))
    first, *results = restore_samples.sample(Item("a", tmp_path / "a.png", 4096), toy_nets(), (0.5, 0.9))
    for result in results:
        np.testing.assert_array_equal(result, first)


@pytest.mark.full
@pytest.mark.parametrize(
    ("model", "manifest", "file"),
    [("gfpgan", "gfpgan_v1.4", "GFPGANv1.4.pth"), ("codeformer", "codeformer", "codeformer.pth")],
)
def test_full_size_nets_restore_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, manifest: str, file: str
) -> None:
    """Weights by name in the layout of the published file; declared without the size and hash of its own bytes."""
    if model == "codeformer" and find_spec("spandrel_extra_arches") is None:
        pytest.skip("spandrel_extra_arches is not installed")
    from dataclasses import replace

    from pipeline.core import model_sets

    (tmp_path / "weights").mkdir()
    torch.save({"params_ema": seeded(manifest)}, tmp_path / "weights" / file)
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "weights"))
    packaged = dict(model_sets.packaged_sets())
    files = dict(packaged["restorers"].files)
    files[model] = replace(files[model], bytes=None, sha256=None)
    packaged["restorers"] = replace(packaged["restorers"], files=files)
    monkeypatch.setattr(model_sets, "packaged_sets", lambda: packaged)
    for number, picture in enumerate(rendered(2, 256)):
        write_image(tmp_path / "photos" / f"p{number}.png", worn(picture, number))
    assert restore(tmp_path, "--model", model, "--device", "cpu", "--fidelity", "0.5", "--upscale", "2") == 0
    found = statistics(tmp_path)
    assert (found["restored"], found["settings"]["model"]) == (2, model)
    after = read_image(tmp_path / "out" / "restored" / "p0.png")
    assert after.shape == (512, 512, 3)
    assert after.std() > 1
