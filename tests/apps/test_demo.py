"""The demo: the same portraits every time, all the way to the report."""

import subprocess
import sys
from pathlib import Path

import pytest

from apps import cli
from apps.demo import main
from pipeline.core.images import read_image
from pipeline.models import Models
from pipeline.world.samples import write_samples
from tests.support.no_renderer import BLOCK
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config

ROOT = Path(__file__).parents[2]
DEMO_ON_TOYS = """
import pipeline.models
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config
toy_config()
pipeline.models.Models = lambda *_: ToyModels()
from apps.cli import main
options = ["--set", "steps=[toy_square]", "--set", "projection.n_iter=0", "--portraits", "1"]
sys.exit(main(["demo", "--output-dir", sys.argv[1], *options]))
"""


def test_portraits_are_the_same_every_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_samples(tmp_path / name, 2)
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("first", "second"))
    assert [path.name for path in first] == ["portrait_1.png", "portrait_2.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert read_image(first[0]).shape == (256, 256, 3)


def test_demo_on_toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    toy_config()
    monkeypatch.setattr("pipeline.models.Models", lambda *_: ToyModels())
    options = ["--set", "steps=[toy_square]", "--set", "projection.n_iter=0", "--portraits", "2"]
    folder = tmp_path / "demo"
    assert cli.run(main, ["--output-dir", str(folder), *options]) == 0
    assert (folder / "contact_sheet.png").is_file()
    assert len(list((folder / "images_post_toy_square").glob("portrait_*/*.png"))) == 14
    assert str(folder / "report.html") in capsys.readouterr().err
    assert cli.run(main, ["--output-dir", str(folder), *options]) == 0
    assert "2 of them before" in capsys.readouterr().err


def test_the_demo_needs_no_renderer_of_people(tmp_path: Path) -> None:
    code = [sys.executable, "-c", BLOCK + DEMO_ON_TOYS, str(tmp_path)]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "contact_sheet.png").is_file()


@pytest.mark.full
def test_demo_on_the_embedded_set(tmp_path: Path, demo_models: Models) -> None:
    assert cli.run(main, ["--output-dir", str(tmp_path), "--portraits", "1"]) == 0
    assert len(list((tmp_path / "images_post_gfp_gan").glob("portrait_1/*.png"))) >= 24
