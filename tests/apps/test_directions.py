"""The command around translations, with the toy world in place of the nets."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from apps.directions.cli import main
from pipeline.core.attributes import forget_own
from pipeline.core.errors import BadConfig, BadInput, SpaceMismatch
from pipeline.core.own_attributes import own_attribute
from pipeline.core.types import Translation
from projection.direction_file import Direction, read_direction, write_direction
from projection.latent_files import read_latent
from projection.translations import gains, load, save
from tests.support.linear_world import ToyGenerator, ToyPredictor

QUICK = ["--set", "n_samples=400", "--set", "evaluations=2"]


class Drawing(ToyGenerator):
    """The toy generator, also with pictures for people: one colour for each face."""

    def render(self, latents: np.ndarray, *, size: int | None = None, resolution: int | None = None) -> np.ndarray:
        if resolution is not None:
            return super().render(latents, size=size, resolution=resolution)
        return np.full((len(latents), size, size, 3), 77, np.uint8)


@pytest.fixture(autouse=True)
def toy_models(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = Drawing()
    known = {"Bp_max": Translation("Bp_max", "toy", np.ones((1, 3, 40), np.float32))}

    def models(name: str, device: str) -> SimpleNamespace:
        shape = SimpleNamespace(space="toy", n_style=3, dim=40)
        return SimpleNamespace(
            set=shape, generator=generator, predictor=ToyPredictor(), fingerprint="none", translations=known
        )

    monkeypatch.setattr("pipeline.models.Models", models)


@pytest.mark.parametrize("store", ["found", "found.safetensors"])
def test_extract_then_calibrate(tmp_path: Path, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    arguments = ["extract", "--names", "Bp_max, Hc_1_fr_0", "--output", str(tmp_path / store), "--report", str(report)]
    assert main([*arguments, *QUICK]) == 0
    shown = capsys.readouterr().out
    assert "Hc_1_fr_0" in shown and "2 translations, mean success" in shown
    found = load(tmp_path / store)
    assert list(found) == ["Bp_max", "Hc_1_fr_0"]
    assert found["Bp_max"].space == "toy"
    assert gains(tmp_path / store)["Bp_max"] == json.loads(report.read_text())["Bp_max"]["gain"] > 0

    latents = tmp_path / "latents"
    latents.mkdir()
    for number, latent in enumerate(ToyGenerator().mixing.T):
        np.save(latents / f"{number}.npy", np.repeat(latent[None], 3, 0))
    again = ["calibrate", "--translations", str(tmp_path / store), "--latents", str(latents), *QUICK]
    assert main([*again, "--output", str(tmp_path / "again")]) == 0
    before, after = found["Bp_max"].path, load(tmp_path / "again")["Bp_max"].path
    np.testing.assert_allclose(after / before, (after / before).flat[0], rtol=2e-2)


def test_list_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "Lips: big" in shown and "not there: Sk_0" in shown
    picture = tmp_path / "lips.png"
    assert main(["show", "Bp_max", "--output", str(picture)]) == 0
    assert picture.is_file()
    with pytest.raises(BadInput, match="directions list"):
        main(["show", "Bp_min"])


def test_import_ties_vectors_to_a_space(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run1/translations_vect"
    latents = tmp_path / "run1/projected_latents"
    folder.mkdir(parents=True)
    latents.mkdir()
    np.save(folder / "Bp_max.npy", np.ones((1, 18, 512), np.float32))
    np.save(folder / "tan.npy", np.ones((1, 18, 512), np.float32))
    np.save(latents / "anna.npy", np.ones((1, 512), np.float32))
    with pytest.raises(SpaceMismatch, match="directions import"):
        load(folder)
    store = tmp_path / "store"
    assert main(["import", str(tmp_path / "run1"), "--output", str(store)]) == 0
    shown = capsys.readouterr().out
    assert "1 translations of anycost-ffhq-config-f" in shown and "1 latents" in shown and "left out" in shown
    assert load(store)["Bp_max"].path.shape == (1, 18, 512)
    assert read_latent(store / "projected_latents/anna.npy", "anycost-ffhq-config-f", 18, 512).shape == (18, 512)
    with pytest.raises(BadInput, match="shape"):
        main(["import", str(folder), "--models", "demo", "--output", str(tmp_path / "other")])
    with pytest.raises(BadInput, match="a folder"):
        main(["import", str(tmp_path / "run1"), "--output", str(tmp_path / "store.safetensors")])


def test_stores_of_another_space_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "store", [Translation("Bp_max", "other", np.ones((1, 3, 40), np.float32))])
    with pytest.raises(SpaceMismatch, match="other"):
        main(["list", "--translations", str(tmp_path / "store")])


@pytest.mark.parametrize(
    ("setting", "message"),
    [("n_sample=3", "did you mean n_samples"), ("n_samples", "KEY=VALUE"), ("n_samples=many", "n_samples is 'many'")],
)
def test_wrong_settings(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        main(["extract", "--output", str(tmp_path / "x"), "--set", setting])


def test_broken_latents(tmp_path: Path) -> None:
    arguments = ["extract", "--output", str(tmp_path / "x"), "--latents", str(tmp_path)]
    with pytest.raises(BadInput, match="no latents"):
        main(arguments)
    np.save(tmp_path / "a.npy", np.ones((18, 512), np.float32))
    with pytest.raises(SpaceMismatch, match="shape"):
        main(arguments)
    (tmp_path / "a.npy").write_bytes(b"x")
    with pytest.raises(BadInput, match="cannot be read"):
        main(arguments)


def test_discovered_directions_are_named_shown_and_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(generator: object, latents: np.ndarray, size: int) -> np.ndarray:
        return np.full((len(latents), size, size, 3), 77, np.uint8)

    monkeypatch.setattr("projection.directions.describe.render_small", small)  # the toy world has no pictures
    found = tmp_path / "found"
    assert main(["discover", "--method", "ganspace", "--layers", "0-1", "--count", "3", "--output", str(found)]) == 0
    assert "3 directions of toy" in capsys.readouterr().out
    assert sorted(path.name for path in found.iterdir()) == [
        "01.safetensors", "02.safetensors", "03.safetensors", "sheet.png",
    ]  # fmt: skip
    named = tmp_path / "smile.safetensors"
    arguments = ["name", str(found / "02.safetensors"), "Big smile", "--output", str(named)]
    assert main([*arguments, "--parts", "mouth, upper lip", "--ends", "serious,smiling", "--group", "Mouth"]) == 0
    assert "big-smile_min and big-smile_max" in capsys.readouterr().out
    direction = read_direction(named)
    entry = direction.attribute
    assert (entry.group, entry.segmentation.parts) == ("mouth", ("mouth", "upper lip"))
    assert [value.title for value in entry.cursor.values()] == ["serious", "smiling"]
    assert direction.thumbnail is not None and direction.thumbnail.shape == (96, 5 * 96, 3)
    assert direction.figures["layers"] == [0.5, 0.5, 0.0] and direction.figures["leak"]
    assert direction.recipe["method"] == "ganspace"
    assert main([*arguments[:-1], str(tmp_path / "first.safetensors"), "--layers", "0"]) == 0
    assert read_direction(tmp_path / "first.safetensors").figures["layers"] == [1.0, 0.0, 0.0]
    assert main(["export", str(named), "--format", "ganspace", "--output", str(tmp_path / "out.npz")]) == 0
    assert main(["list", "--translations", str(named)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 translations"
    with pytest.raises(BadInput, match="no predictor reads"):
        main(["calibrate", "--translations", str(named), "--output", str(tmp_path / "x"), *QUICK])
    forget_own()


@pytest.mark.parametrize(("more", "words"), [
    (["--parts", "chin"], "no part of a face"), (["--ends", "a"], "two titles"), (["--code", "Bp"], "code"),
    (["--layers", "7"], "no layer 7"), (["--group", " "], "group"),
])  # fmt: skip
def test_names_that_cannot_be_used(tmp_path: Path, more: list[str], words: str) -> None:
    file = tmp_path / "a.safetensors"
    write_direction(file, Direction(own_attribute("A direction"), "toy", np.ones((1, 3, 40), np.float32)))
    with pytest.raises(BadInput, match=words):
        main(["name", str(file), "Title", "--output", str(tmp_path / "b.safetensors"), *more])
    assert not (tmp_path / "b.safetensors").exists()


def test_published_files_need_their_model_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "age_w_boundary.npy", np.ones((1, 512), np.float32))
    arguments = ["import", str(tmp_path / "age_w_boundary.npy"), "--output", str(tmp_path / "age.safetensors")]
    with pytest.raises(BadInput, match="--models"):
        main(arguments)
    assert main([*arguments, "--models", "ffhq-stylegan2"]) == 0
    assert "1 direction of" in capsys.readouterr().out
    assert read_direction(tmp_path / "age.safetensors").path.shape == (1, 18, 512)
