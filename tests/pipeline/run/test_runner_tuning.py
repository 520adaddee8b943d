"""Tuning as part of a run: kept beside the latents, told in the manifest, used for that portrait's edits only."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.images import psnr, read_image, write_image
from pipeline.core.types import Edit, Portrait
from pipeline.core.weights import read_metadata
from pipeline.edit.latent_store import load_tuning, save_tuning
from pipeline.edit.render import Quality, render
from projection.inversion.tuning import tune
from tests.pipeline.run.test_runner import FINAL, images, records
from tests.support.toy_models import SPACE, ToyEncoder, ToyModels, portrait_image
from tests.support.toy_run import toy_run

TUNED = {"projection": {"n_iter": 0, "tuning": {"steps": 40, "rate": 0.02, "enough": 99}}}


def blurred(seed: int) -> np.ndarray:
    """A picture that no latent of the toy generator draws, but its kernel can learn to."""
    return cv2.GaussianBlur(portrait_image(seed), (5, 5), 1.5, borderType=cv2.BORDER_REPLICATE)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for seed, name in enumerate(("anna", "ben", "carl")):
        write_image(folder / f"{name}.png", blurred(seed))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "projected_latents").iterdir())}


def test_a_tuned_run_tells_what_it_gained(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert not toy_run(photos, folder, config=TUNED, keep=("translation",)).failed
    for record in records(folder):
        scores = record["scores"]
        assert scores["tuned_psnr"] > scores["inversion_psnr"] + 2
        name = record["portrait"]
        rebuilt, photo = read_image(folder / "reconstructions" / f"{name}.png"), read_image(photos / f"{name}.png")
        assert psnr(rebuilt, photo) == pytest.approx(scores["tuned_psnr"], abs=1e-3)
    assert read_metadata(folder / "projected_latents/anna.safetensors") == {"space": SPACE}
    assert "tuned" in (folder / "report.html").read_text("utf-8")
    toy_run(photos, tmp_path / "plain", config={"projection": {"n_iter": 0}}, keep=("translation",))
    assert not list((tmp_path / "plain").rglob("*.safetensors"))
    assert "tuned_psnr" not in records(tmp_path / "plain")[0]["scores"]
    # The edits are drawn by the tuned generator, and the latents are those of a run that does not tune.
    for name in ("anna", "ben", "carl"):
        tuned, plain = (run / "images_post_translation" / name / "Bp_max.png" for run in (folder, tmp_path / "plain"))
        assert (read_image(tuned) != read_image(plain)).any()
        latent = f"projected_latents/{name}.npy"
        assert (folder / latent).read_bytes() == (tmp_path / "plain" / latent).read_bytes()


def test_only_what_is_missing_is_tuned_again(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, config=TUNED)
    whole, kept = images(folder), files(folder)
    (folder / "projected_latents/ben.safetensors").unlink()
    (folder / "projected_latents/carl.json").write_text("{")
    (folder / "manifest.jsonl").unlink()
    tuned: list[str] = []

    def counting(image: Any, *rest: Any) -> Any:
        tuned.append(image.tobytes())
        return tune(image, *rest)

    monkeypatch.setattr("pipeline.edit.invert.tune", counting)
    assert toy_run(photos, folder, config=TUNED).before == 0
    assert tuned == [read_image(photos / f"{name}.png").tobytes() for name in ("ben", "carl")]
    assert images(folder) == whole
    assert files(folder) == kept


def test_a_damaged_tuning_fails_its_portrait_only(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, config=TUNED)
    path = folder / "projected_latents/ben.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    (folder / "manifest.jsonl").unlink()
    outcome = toy_run(photos, folder, config=TUNED)
    assert set(outcome.failed) == {"ben"} and "delete it, and start again" in outcome.failed["ben"]
    path.unlink()
    assert not toy_run(photos, folder, config=TUNED).failed


def test_latents_that_are_given_are_pivots_too(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "first", config=TUNED)
    latents = tmp_path / "latents"
    write_image(tmp_path / "one" / "anna.png", blurred(0))
    latents.mkdir()
    (latents / "anna.npy").write_bytes((tmp_path / "first/projected_latents/anna.npy").read_bytes())
    toy_run(tmp_path / "one", tmp_path / "second", config=TUNED, latents=latents)
    tuning = "projected_latents/anna.safetensors"
    assert (tmp_path / "second" / tuning).read_bytes() == (tmp_path / "first" / tuning).read_bytes()
    assert images(tmp_path / "second") == {
        name: data for name, data in images(tmp_path / "first").items() if name.startswith(f"{FINAL}/anna/")
    }


def test_a_portrait_is_drawn_by_its_own_generator_until_it_is_done() -> None:
    models, kernel = ToyModels(), np.full((3, 3, 5, 5), 0.002, np.float16)
    image = portrait_image(0)
    latent = ToyEncoder().encode([image])[0]
    plain = Portrait("anna", image, latent, SPACE)
    tuned = Portrait("anna", image, latent, SPACE, tuning={"conv.weight": kernel})
    lips = Edit("Bp_max", ((models.translations["Bp_max"], 0.5),))
    (first,), (second,) = render(plain, [lips], models), render(tuned, [lips], models)
    assert (first.image != second.image).any()
    own = tuned.own(models.generator)
    assert own is tuned.own(models.generator) and own is not models.generator
    assert plain.own(models.generator) is models.generator
    (preview,) = render(tuned, [lips], models, quality=Quality(ratio=0.5, resolution=32))
    assert preview.image.shape == image.shape
    tuned.maps.clear()
    assert tuned.own(models.generator) is not own
    wrong = Portrait("anna", image, latent, SPACE, tuning={"conv.weight": kernel[:1]})
    with pytest.raises(SpaceMismatch, match=r"conv\.weight"):
        render(wrong, [lips], models)


def test_files_of_tunings(tmp_path: Path) -> None:
    tuning = {"b": np.arange(6, dtype=np.float16).reshape(2, 3), "a": np.array([0.25], np.float16)}
    save_tuning(tmp_path / "one.safetensors", tuning, SPACE)
    save_tuning(tmp_path / "two.safetensors", dict(reversed(tuning.items())), SPACE)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    found = load_tuning(tmp_path / "one.safetensors")
    assert set(found) == set(tuning)
    for key, change in tuning.items():
        np.testing.assert_array_equal(found[key], change, strict=True)
    with pytest.raises(BadInput, match="delete it"):
        load_tuning(tmp_path / "none.safetensors")


def test_the_note_of_a_portrait_holds_its_figures(photos: Path, tmp_path: Path) -> None:
    toy_run(photos, tmp_path / "run", config=TUNED)
    note = json.loads((tmp_path / "run/projected_latents/anna.json").read_text())
    assert set(note["figures"]) == {"inversion_psnr", "loss", "tuned_psnr"}
