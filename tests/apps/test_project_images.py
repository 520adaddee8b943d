"""The projection command: its files, resuming, bad photos, and what it says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from apps import project_images
from apps.project_images import Places, project_folder
from pipeline.config import RunConfig
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from pipeline.edit.invert import load_tuning
from projection.encoder import LatentEncoder, build_encoder
from projection.generator import LatentGenerator
from projection.inversion.settings import ProjectionSettings, TuningSettings
from projection.nets.generator import Generator

CONFIG = RunConfig(batch=2, projection=ProjectionSettings(n_iter=3, perceptual=0))


@pytest.fixture
def models() -> Any:
    torch.manual_seed(0)
    net = Generator(64, style_dim=8, n_mlp=1, channels={4: 8, 8: 8, 16: 8, 32: 4, 64: 4})
    encoder = LatentEncoder(build_encoder((8, 8, 8, 8), (1, 1, 1, 1), net.n_style, 8), 32, "cpu")
    return SimpleNamespace(
        set=SimpleNamespace(name="demo"),
        space="tiny",
        fingerprint="one",
        has=lambda role: False,
        device=torch.device("cpu"),
        generator=LatentGenerator(net, "cpu", "tiny"),
        encoder=encoder,
        encoder_or_none=encoder,
    )


@pytest.fixture
def photos(tmp_path: Path, models: Any) -> list[Path]:
    """Three portraits of the tiny world."""
    noise = torch.randn(3, models.generator.n_style, 8, generator=torch.Generator().manual_seed(1))
    pictures = models.generator.render(models.generator.mean_latent + 0.3 * noise, size=96)
    paths = [tmp_path / "in" / f"{name}.png" for name in ("anna", "bert", "cleo")]
    for path, picture in zip(paths, pictures, strict=True):
        write_image(path, picture)
    return paths


def times(folder: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".npy", ".json", ".png")
    }


def test_files_of_a_projection(tmp_path: Path, photos: list[Path], models: Any) -> None:
    out = tmp_path / "out"
    rows = project_folder(photos, Places(out), models, CONFIG)
    for row, photo in zip(rows, photos, strict=True):
        latent = np.load(out / "projected_latents" / f"{photo.stem}.npy")
        assert latent.shape == (models.generator.n_style, 8) and latent.dtype == np.float32
        reconstruction = read_image(out / "reconstructions" / f"{photo.stem}.png")
        # A batch of another size may round a pixel the other way.
        np.testing.assert_allclose(reconstruction, models.generator.render(latent[None])[0], rtol=0, atol=1)
        note = json.loads((out / "projected_latents" / f"{photo.stem}.json").read_text())
        assert note["space"] == "tiny" and note["psnr"] == row["psnr"]
    with (out / "errors.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [line["name"] for line in table] == ["anna", "bert", "cleo"]
    assert all(float(line["psnr"]) > 0 and float(line["seconds"]) > 0 and not line["error"] for line in table)


def test_only_what_is_missing_or_changed_is_done_again(tmp_path: Path, photos: list[Path], models: Any) -> None:
    out = tmp_path / "out"
    first = project_folder(photos, Places(out), models, CONFIG)
    before = times(out)
    latent = (out / "projected_latents" / "bert.npy").read_bytes()
    assert project_folder(photos, Places(out), models, CONFIG) == first
    assert times(out) == before
    (out / "projected_latents" / "bert.npy").unlink()
    project_folder(photos, Places(out), models, CONFIG)
    changed = {Path(path).name for path, time in times(out).items() if before.get(path) != time}
    assert changed == {"bert.npy", "bert.json", "bert.png"}
    assert (out / "projected_latents" / "bert.npy").read_bytes() == latent
    longer = CONFIG.model_copy(update={"projection": ProjectionSettings(n_iter=6, perceptual=0)})
    before = times(out)
    project_folder(photos, Places(out), models, longer)
    assert all(before[path] != time for path, time in times(out).items())
    models.fingerprint = "two"
    before = times(out)
    project_folder(photos, Places(out), models, longer)
    assert all(before[path] != time for path, time in times(out).items())


def test_tunings_are_kept_beside_the_latents(tmp_path: Path, photos: list[Path], models: Any) -> None:
    out = tmp_path / "out"
    tuning = TuningSettings(steps=5, enough=99)
    config = CONFIG.model_copy(update={"projection": ProjectionSettings(n_iter=3, perceptual=0, tuning=tuning)})
    first = project_folder(photos, Places(out), models, config)
    plain = project_folder(photos, Places(tmp_path / "plain"), models, CONFIG)
    for row, before in zip(first, plain, strict=True):
        assert row["psnr"] == before["psnr"] < row["tuned_psnr"] and "tuned_psnr" not in before
    with (out / "errors.csv").open() as file:
        assert [float(line["tuned_psnr"]) for line in csv.DictReader(file)] == [row["tuned_psnr"] for row in first]
    path = out / "projected_latents" / "bert.safetensors"
    whole, stamps = path.read_bytes(), times(out)
    latent = np.load(path.with_suffix(".npy"))
    picture = models.generator.tuned(load_tuning(path)).render(latent[None])[0]
    np.testing.assert_array_equal(picture, read_image(out / "reconstructions" / "bert.png"))
    path.unlink()
    assert project_folder(photos, Places(out), models, config)[1]["tuned_psnr"] == first[1]["tuned_psnr"]
    assert path.read_bytes() == whole
    assert {Path(name).name for name, time in times(out).items() if stamps[name] != time} == {
        "bert.npy",
        "bert.json",
        "bert.png",
    }
    project_folder(photos, Places(out), models, CONFIG)
    assert not path.exists()


def test_bad_photos_are_noted_and_skipped(tmp_path: Path, photos: list[Path], models: Any) -> None:
    photos[0].write_bytes(photos[0].read_bytes()[:200])
    write_image(photos[1], np.zeros((64, 80, 3), np.uint8))
    rows = project_folder(photos, Places(tmp_path / "out"), models, CONFIG)
    assert "damaged" in rows[0]["error"] and "80 x 64" in rows[1]["error"] and "error" not in rows[2]
    assert [path.name for path in (tmp_path / "out" / "projected_latents").glob("*.npy")] == ["cleo.npy"]


def test_an_unknown_face_gets_a_warning(
    tmp_path: Path, photos: list[Path], models: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    write_image(photos[0], noise)
    project_folder(photos[:1], Places(tmp_path / "out"), models, CONFIG)
    said = " ".join(capsys.readouterr().err.split())
    assert "careful anna" in said and "ffhq-stylegan2" in said


def test_the_command(tmp_path: Path, photos: list[Path], models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.models.Models", lambda *_: models)
    quick = ["--set", "projection.n_iter=1", "--set", "projection.perceptual=0"]
    arguments = [str(photos[0].parent), "--output-dir", str(tmp_path / "out"), *quick]
    assert project_images.main(arguments) == 0
    (photos[0].parent / "dora.jpg").write_bytes(b"no image")
    assert project_images.main(arguments) == 1
    (photos[0].parent / "anna.jpg").write_bytes(photos[0].read_bytes())
    with pytest.raises(BadInput, match=r"anna\.jpg and anna\.png"):
        project_images.main(arguments)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no images"):
        project_images.main([str(tmp_path / "empty"), "--output-dir", str(tmp_path / "out")])
