"""`face-edit train encoder`: a set that was trained from nothing gets an encoder, which then finds its latents."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.cli import main as face_edit
from apps.console import run
from apps.train.cli import main
from pipeline.core.images import resize, write_image
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from pipeline.core.weights import expected_path, read_metadata
from pipeline.models import Models
from projection.latent_files import read_latents
from tests.apps.train.test_generator import SMALL
from tests.pipeline.training.gan.gan import write_blobs

QUICK = ["--width", "8", "--batch-size", "8", "--rate", "5e-3", "--device", "cpu"]


@pytest.fixture(autouse=True)
def own_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set `mine` with a generator of 32 px and no encoder."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    images = write_blobs(tmp_path / "images", 60, 40)
    line = ["generator", str(images), "--output-dir", str(tmp_path / "mine"), *SMALL, "--device", "cpu"]
    assert run(main, [*line, "--kimg", "0.032", "--measured", "0"]) == 0
    assert "encoder" not in model_set("mine").files


def train(tmp_path: Path, *more: str) -> int:
    return run(main, ["encoder", "mine", "--work-dir", str(tmp_path / "work"), *QUICK, *more])


def figures(shown: str) -> dict[str, float]:
    rows = (line.split() for line in shown.splitlines() if line.startswith("  "))
    return {name: float(value) for name, value in rows}


def test_an_encoder_is_learnt_and_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert train(tmp_path, "--steps", "1") == 0
    before = figures(capsys.readouterr().out)
    assert train(tmp_path, "--steps", "300") == 0
    shown = capsys.readouterr().out
    after = figures(shown)
    assert "Resumed at step 1" in shown
    assert after["w_error"] < 0.6 * before["w_error"]
    assert after["psnr"] > after["psnr_of_mean_w"] + 1 > before["psnr"]

    models = Models("mine", "cpu")
    assert read_metadata(expected_path(models.set.files["encoder"]))["what"].startswith("encoder to mine-")
    generator = models.generator
    drawn = generator.render(generator.map(torch.randn(12, generator.dim, generator=torch.Generator().manual_seed(5))))
    for number, image in enumerate(drawn):
        write_image(tmp_path / "portraits" / f"{number:02}.png", resize(image, 64))
    line = ["project-images", str(tmp_path / "portraits"), "--output-dir", str(tmp_path / "run"), "--models", "mine"]
    assert face_edit([*line, "--set", "projection.n_iter=0", "--set", "device=cpu"]) == 0
    latents = read_latents(tmp_path / "run" / "projected_latents", models.space, generator.n_style, generator.dim)
    found = generator.render(latents)
    usual = generator.render(generator.mean_latent[None])
    assert np.abs(found.astype(int) - drawn).mean() < 0.75 * np.abs(usual.astype(int) - drawn).mean()


def test_what_cannot_be_trained_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--work-dir", str(tmp_path / "work")]
    for options, answer in (
        (["demo", *line], "demo is not a model set of your own"),
        (["mine", *line, "--steps", "0"], "--steps has to be more than 0"),
        (["mine", *line, "--seed", "-1"], "--seed has to be from 0"),
        (["nobody", *line], "nobody"),
    ):
        capsys.readouterr()
        assert run(main, ["encoder", *options]) == 1
        assert answer in capsys.readouterr().err
    assert train(tmp_path, "--steps", "1") == 0
    assert train(tmp_path, "--steps", "2", "--seed", "3") == 1
    assert "belongs to other settings" in capsys.readouterr().err
