"""The command around the submission: where the images come from, what it prints, how it ends."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from apps.submission import main
from pipeline.core.challenge import expected_identifiers
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from tests.support.no_renderer import BLOCK

NAME = "0_0_0_0_0_1_1_0_0"
DRAW = "from apps.cli import main; sys.exit(main(['submission', '--draw-inputs', sys.argv[1]]))"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    (tmp_path / "names.txt").write_text(f"{NAME}\n")
    return tmp_path / "names.txt"


def _fill(folder: Path) -> Path:
    for identifier in expected_identifiers(NAME):
        write_image(folder / NAME / f"{identifier}.png", np.full((64, 64, 3), 90, np.uint8))
    return folder


def test_a_plain_folder_becomes_a_valid_zip(tmp_path: Path, names: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.zip"
    assert main([str(_fill(tmp_path / "images")), "--output", str(target), "--names", str(names)]) == 0
    assert "valid submission: 1 input, 24 images" in capsys.readouterr().out
    assert main(["--check", str(target), "--names", str(names)]) == 0
    assert main(["--check", str(target)]) == 1
    shown = capsys.readouterr().out
    assert "0_0_0_0_1_0_2_0_0/Bp_max.png: is missing" in shown
    assert "not a valid submission" in shown


def test_a_run_gives_the_images_of_its_last_step(tmp_path: Path, names: Path) -> None:
    run = tmp_path / "run"
    _fill(run / "images_post_segmentation")
    (run / "config.yaml").write_text("steps:\n- domain_mixup: {}\n- segmentation: {}\n")
    assert main([str(run), "--output", str(tmp_path / "out.zip"), "--names", str(names)]) == 0
    with pytest.raises(BadInput, match="images_post_domain_mixup lacks 24"):
        main([str(run), "--step", "domain_mixup", "--output", str(tmp_path / "x.zip"), "--names", str(names)])


@pytest.mark.parametrize("text", ["", "0_0\n", f"{NAME}\n{NAME}\n"])
def test_wrong_lists_of_names(tmp_path: Path, names: Path, text: str) -> None:
    names.write_text(text)
    with pytest.raises(BadInput):
        main(["--check", str(tmp_path / "x.zip"), "--names", str(names)])


def test_damaged_config_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run folder"):
        main([str(tmp_path / "none")])
    (tmp_path / "done.zip").write_bytes(b"")
    with pytest.raises(BadInput, match=r"check a zip with --check .*done\.zip"):
        main([str(tmp_path / "done.zip")])
    (tmp_path / "config.yaml").write_text("steps: 3")
    with pytest.raises(BadInput, match="--step"):
        main([str(tmp_path)])


@pytest.mark.parametrize("arguments", [[], ["run", "--check", "x.zip"]])
def test_either_run_or_check(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)


def test_without_the_renderer_inputs_are_not_drawn(tmp_path: Path) -> None:
    code = [sys.executable, "-c", BLOCK + DRAW, str(tmp_path / "inputs")]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ".[world]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "inputs").exists()


def test_drawn_inputs_become_a_valid_zip(tmp_path: Path, names: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    from apps.cli import main as face_edit

    inputs, run = tmp_path / "inputs", tmp_path / "run"
    assert main(["--draw-inputs", str(inputs), "--names", str(names)]) == 0
    assert "1 input drawn" in capsys.readouterr().out
    assert read_image(inputs / f"{NAME}.png").shape == (512, 512, 3)
    with pytest.raises(BadInput, match="exists already"):
        main(["--draw-inputs", str(inputs), "--names", str(names)])
    options = ["--set", "steps=[]", "--set", "projection.n_iter=20"]
    assert face_edit(["run-pipeline", str(inputs), "--output-dir", str(run), *options]) == 0
    assert main([str(run), "--output", str(tmp_path / "out.zip"), "--names", str(names)]) == 0
    assert "valid submission: 1 input, 24 images" in capsys.readouterr().out
