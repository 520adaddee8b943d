"""Odd names and odd files in the folders of every command: the others go on, and books stay readable."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from apps.cli import main
from pipeline.batch.runner import Outcome
from pipeline.beautify.run import beautify_all
from pipeline.core.images import list_images, write_image
from pipeline.run.job import Photographs
from tests.pipeline.beautify.test_run import toy_retoucher
from tests.support.recorder import Recorder
from tests.support.toy_models import portrait_image
from tests.support.toy_restore import toy_job
from tests.support.toy_restore import toy_run as toy_restore
from tests.support.toy_run import ToyDetector, toy_photo, toy_projection, toy_run

LATIN = os.fsdecode(b"caf\xe9")
LONG = "y" * 251
NAMES = (LATIN, LONG, "ok", "z")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse these names")

Command = Callable[[Path, Path], Outcome]
COMMANDS: dict[str, Command] = {
    "run": toy_run,
    "photographs": lambda photos, out: toy_run(photos, out, photos=Photographs(), edits=("Bp_max",)),
    "project-images": toy_projection,
    "restore": lambda photos, out: toy_restore(toy_job(photos.parent, input_dir=photos, output_dir=out)),
    "beautify": lambda photos, out: beautify_all([photos], out, toy_retoucher()),
}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> tuple[str, Command]:
    return request.param, COMMANDS[request.param]


def fill(folder: Path, name: str) -> Path:
    """Photographs or crops of people whose names are odd."""
    for seed, stem in enumerate(NAMES):
        picture = toy_photo(seed) if name == "photographs" else portrait_image(seed)
        write_image(folder / "plain.png", picture)
        (folder / "plain.png").rename(folder / f"{stem}.png")
    return folder


def test_names_end_no_batch_and_lose_no_book(command: tuple[str, Command], tmp_path: Path) -> None:
    name, run = command
    photos, out = fill(tmp_path / "photos", name), tmp_path / "out"
    outcome = run(photos, out)
    assert set(outcome.failed) <= {LONG}
    for sentence in outcome.failed.values():
        assert "name too long" in sentence and "\n" not in sentence
    assert set(outcome.records) == set(NAMES)
    (manifest,) = out.glob("manifest*.jsonl")
    named = {json.loads(line)["portrait"] for line in manifest.read_text("utf-8").splitlines()}
    assert named == set(NAMES)
    again = run(photos, out)
    assert again.before == len(NAMES) - len(outcome.failed)


def test_align_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("pipeline.photo.detector.open_detector", lambda *_: ToyDetector())
    photos = fill(tmp_path / "photos", "photographs")
    assert main(["align", *map(str, sorted(photos.iterdir())), "--output-dir", str(tmp_path / "crops")]) == 1
    assert {path.stem for path in (tmp_path / "crops").glob("*.json")} == {LATIN, "ok", "z"}
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_gives_what_can_be_read(tmp_path: Path) -> None:
    picture = pillow.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    for kind, name in (("JPEG", "a.jfif"), ("JPEG", "b.JPE"), ("GIF", "c.gif"), ("PNG", "d"), ("JPEG2000", "e.jp2")):
        with (tmp_path / name).open("wb") as file:
            picture.save(file, kind)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    images, others = list_images(tmp_path)
    assert [path.name for path in images] == ["a.jfif", "b.JPE", "c.gif", "d", "damaged.png", "e.jp2"]
    assert others == ["empty", "notes.txt"]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    photos = fill(tmp_path / "photos", "beautify")
    for number in range(7):
        (photos / f"note{number}.txt").write_text("no picture")
    progress = Recorder()
    beautify_all([photos], tmp_path / "out", toy_retoucher(), progress=progress)
    (sentence,) = progress.sentences
    assert sentence.startswith("7 files are no image and left out: note0.txt, ") and sentence.endswith("...")
