"""`face-edit train predictor`: scored images teach the predictor of a set of one's own what they show."""

from pathlib import Path

import numpy as np
import pytest

from apps.console import run
from apps.train.cli import main
from pipeline.core.images import write_image
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.models import Models
from tests.apps.train.test_encoder import figures
from tests.apps.train.test_generator import SMALL
from tests.pipeline.training.gan.gan import blobs, write_blobs

COUNT, SIDE = 100, 64


@pytest.fixture(autouse=True)
def own_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set `mine`, which shares the predictor of `demo`."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    images = write_blobs(tmp_path / "images", 60, 40)
    line = ["generator", str(images), "--output-dir", str(tmp_path / "mine"), *SMALL, "--device", "cpu"]
    assert run(main, [*line, "--kimg", "0.008", "--measured", "0"]) == 0


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Images, half of them with a black bar, which is called glasses; cursors of the lips on the first sixty."""
    lines = ["name,Gl,Bp"]
    for number, image in enumerate(blobs(COUNT, SIDE, seed=1)):
        if number % 2:
            image[20:32, 8:56] = 0
        write_image(tmp_path / "crops" / f"{number:03}.png", image)
        lines.append(f"{number:03}.png,{number % 2},{image.mean() / 127.5 - 1 if number < 60 else ''}")
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines))
    return path


def train(tmp_path: Path, table: Path, *more: str, name: str = "mine") -> int:
    line = ["predictor", name, str(table), str(tmp_path / "crops"), "--work-dir", str(tmp_path / "work")]
    return run(main, [*line, "--batch-size", "8", "--device", "cpu", *more])


def test_a_predictor_is_tuned_and_serves(tmp_path: Path, scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, scores, "--steps", "2") == 0
    capsys.readouterr()
    assert train(tmp_path, scores, "--steps", "32") == 0
    shown = capsys.readouterr().out
    assert "Resumed at step 2" in shown  # from the predictor of `demo`, though the set has its own by now
    found = figures(shown)
    assert found["accuracy_Gl"] > max(0.8, found["before_accuracy_Gl"])

    tuned, before = Models("mine", "cpu").predictor, Models("demo", "cpu").predictor
    images = blobs(20, SIDE, seed=2)
    images[:10, 20:32, 8:56] = 0
    read = tuned.predict(images)
    assert (read["Gl"].argmax(1) == np.repeat([1, 0], 10)).mean() > 0.7
    kept = np.mean(
        [
            np.abs(read[code] - values).mean()
            for code, values in before.predict(images).items()
            if code not in ("Gl", "Bp")
        ]
    )
    assert kept < 0.15


def test_what_cannot_be_trained_is_told_in_a_sentence(
    tmp_path: Path, scores: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = scores.read_text()
    for content, answer in (
        (text.replace("Gl", "Glasses"), "has the column Glasses, no attribute's code"),
        (text.replace("000.png,0,", "000.png,7,"), "row 1, column Gl: '7' is not a class of 0, 1"),
        (text.replace("001.png,1,", "001.png,1,-3"), "column Bp: "),
        ("\n".join(text.splitlines()[:20]), "has 19 rows: at least 40"),
        (text.replace("000.png", "none.png"), "none.png"),
    ):
        scores.write_text(content)
        capsys.readouterr()
        assert train(tmp_path, scores, "--steps", "1") == 1
        assert answer in capsys.readouterr().err
    assert train(tmp_path, scores, "--steps", "1", name="demo") == 1
    assert "demo is not a model set of your own" in capsys.readouterr().err
