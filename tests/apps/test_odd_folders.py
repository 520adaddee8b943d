"""No folder, however odd, makes a command fail with more than sentences, lose a photo or touch an original.

Seeds 0 to 199; a failure names its seed.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from apps import cli, console
from pipeline.core.images import read_image
from tests.pipeline.beautify.test_faces import parse
from tests.support.odd_folders import odd_folder, odd_sheet
from tests.support.toy_run import ToyDetector, toy_config, toy_models

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse these names")

TOYS = ("--set", "steps=[toy_square]", "--set", "projection.n_iter=0", "--edits", "Bp_max", "--force")
COMMANDS = (
    "align",
    "beautify",
    "restore",
    "aligned",
    "run",
    "photographs",
    "faces",
    "sheet",
    "project-images",
    "enhance",
)


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Toy models and detector; the embedded nets elsewhere."""
    toy_config()
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr("pipeline.models.Models", lambda *_: toy_models())
    monkeypatch.setattr(
        "pipeline.beautify.job.open_parser", lambda *_: lambda image: parse(np.ascontiguousarray(image))
    )
    for module in ("photo.detector", "beautify.job", "enhance.preprocess"):
        monkeypatch.setattr(f"pipeline.{module}.open_detector", lambda *_: ToyDetector())


def words(name: str, photos: Path, out: Path, seed: int) -> list[str]:
    """The command line for a folder."""
    files, to = [str(path) for path in sorted(photos.iterdir())], ["--output-dir", str(out)]
    if name == "align":
        return ["align", "--size", "64", *to, *(["--all-faces"] if seed % 2 else []), "--", *files]
    if name == "beautify":
        return ["beautify", *to, "--", *files[: seed % 3], str(photos)] if seed % 2 else ["beautify", str(photos), *to]
    if name in ("restore", "aligned"):
        detector = "aligned" if name == "aligned" else "yunet"
        return ["restore", str(photos), *to, "--model", "demo", "--face-detector", detector, "--save-comparison"]
    if name == "enhance":
        request = out.parent / "request.json"
        picture = files[seed % len(files)].encode("utf-8", "backslashreplace").decode()
        request.write_text(json.dumps({"args": {"input_image_1": picture}}))
        return ["enhance", str(request), *to]
    if name == "project-images":
        return ["project-images", str(photos), *to, "--set", "projection.n_iter=0"]
    if name == "sheet":
        sheet = odd_sheet(out.parent / "wishes.csv", photos, seed)
        return ["run-pipeline", str(photos), *to, *TOYS[:4], "--force", "--sheet", str(sheet)]
    given = [str(photos)] if name == "run" else ["--photos", str(photos)]
    return ["run-pipeline", *given, *to, *TOYS, *(["--all-faces"] if name == "faces" else [])]


def digests(folder: Path) -> dict[str, str]:
    """Hashes of a folder's files, by name."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(20, 200))])
def test_sentences_and_nothing_lost(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = odd_folder(tmp_path / "photos", seed), tmp_path / "out"
    before = digests(photos)
    command = words(COMMANDS[seed % len(COMMANDS)], photos, out, seed)
    codes = []
    for _ in range(2):
        codes.append(console.run(cli.main, command))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert codes[-1] == 0 or said.err.strip()
    assert codes[0] in (0, 1)
    assert codes[1] == codes[0]
    assert digests(photos) == before
    assert not (out / "run.log").exists(), (out / "run.log").read_text()
    for result in out.rglob("*.png"):
        read_image(result)
