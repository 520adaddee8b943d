"""`face-edit project-images`: what it says and how it ends."""

from pathlib import Path

import pytest

from apps import project_images
from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from tests.support.toy_models import portrait_image
from tests.support.toy_run import toy_models


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("pipeline.models.Models", lambda *_: toy_models())
    crops = tmp_path / "in"
    for seed, name in enumerate(("anna", "bert")):
        write_image(crops / f"{name}.png", portrait_image(seed))
    quick = ["--set", "projection.n_iter=1", "--set", "projection.perceptual=0"]
    arguments = [str(crops), "--output-dir", str(tmp_path / "out"), *quick]
    assert project_images.main(arguments) == 0
    assert "2 of 2 portraits projected" in capsys.readouterr().err
    (crops / "dora.jpg").write_bytes(b"no image")
    assert project_images.main(arguments) == 1
    assert "failed dora" in capsys.readouterr().err
    (crops / "anna.jpg").write_bytes((crops / "anna.png").read_bytes())
    assert project_images.main(arguments) == 1
    latents = {path.name for path in (tmp_path / "out" / "projected_latents").glob("*.npy")}
    assert {"anna.jpg.npy", "anna.png.npy", "bert.npy"} <= latents
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no images"):
        project_images.main([str(tmp_path / "empty"), "--output-dir", str(tmp_path / "out")])
