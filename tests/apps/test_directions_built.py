"""A model set that brings no translations, from its first sample to a finished edit, with CLIP as the only judge.

A StyleGAN2 of 64 px with random weights, declared in the user's own sets.yaml.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.directions.cli import main
from apps.run_pipeline import main as run_pipeline
from pipeline.core import user_model_sets
from pipeline.core.attributes import parse, translation_names
from pipeline.core.challenge import OFFICIAL_NAMES, expected_identifiers, parse_name
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.images import read_image, write_image
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.weights import built_translations, read_metadata, save_state
from pipeline.models import Models
from projection.attributes.population import load_scales
from projection.latent_files import write_latent
from projection.nets.generator import Generator
from projection.translations import gains, select
from tests.support.tiny_clip import TINY, tiny_clip

NET = {"resolution": 64, "style_dim": 16, "n_mlp": 2, "channels": {4: 16, 8: 16, 16: 16, 32: 8, 64: 8}}
NAME = "mygan"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with the set, but for its translations."""
    folder = tmp_path_factory.mktemp("weights")
    clip = tiny_clip(folder)
    torch.manual_seed(0)
    save_state(folder / "mygan.safetensors", Generator(**NET).state_dict(), {})
    files: dict[str, dict[str, object]] = {
        "generator": {"file": "mygan.safetensors", "licence": "mine", "config": NET},
        "clip": {"file": clip.name, "licence": "mine", "config": {"architecture": TINY}},
    }
    shape = {"space": "mygan-64", "resolution": 64, "n_style": Generator(**NET).n_style, "dim": 16}
    user_model_sets.write(folder, {NAME: {"title": "A small one", **shape, "files": files}})
    return folder


@pytest.fixture(autouse=True)
def at_home(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(weights))


@pytest.fixture
def bare(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder in which no translations were ever built."""
    folder = shutil.copytree(weights, tmp_path / "weights", ignore=shutil.ignore_patterns("translations"))
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="module")
def built(weights: Path) -> Path:
    """The translations, built by the command that the error names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(weights))
        quick = ["n_samples=300", "validation=4", "evaluations=1", "leak_steps=0"]
        options = [part for setting in quick for part in ("--set", setting)]
        assert main(["extract", "--models", NAME, "--device", "cpu", *options]) == 0
        return built_translations(Models(NAME, "cpu").set)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """One portrait with a challenge name, and its latent as if it had been imported."""
    models = Models(NAME, "cpu")
    latent = models.generator.map(torch.ones(1, 16)).repeat(models.set.n_style, 1).numpy()
    write_image(tmp_path / "photos" / f"{OFFICIAL_NAMES[0]}.png", models.generator.render(latent[None])[0])
    write_latent(tmp_path / "latents" / f"{OFFICIAL_NAMES[0]}.npy", latent, models.space)
    return tmp_path / "photos"


def run(photos: Path, *more: str) -> int:
    given = ["--models", NAME, "--device", "cpu", "--latents", str(photos.parent / "latents"), "--set", "steps=[]"]
    return run_pipeline([str(photos), "--output-dir", str(photos.parent / "run"), *given, *more])


@pytest.mark.usefixtures("bare")
def test_without_translations_one_sentence_names_the_command(photos: Path) -> None:
    assert Models(NAME, "cpu").translations == {}
    for command in (lambda: main(["list", "--models", NAME]), lambda: run(photos)):
        with pytest.raises(MissingWeights, match=f"`face-edit directions extract --models {NAME}`"):
            command()


@pytest.mark.usefixtures("bare")
def test_a_run_on_imported_vectors_projects_nothing(photos: Path) -> None:
    n_style, name = Models(NAME, "cpu").set.n_style, OFFICIAL_NAMES[0]
    theirs = photos.parent / "theirs"
    for folder, file, array in (
        ("translations_vect", "Bp_max", np.ones((1, n_style, 16))),
        ("translations_vect", "Hc_1_fr_0", np.ones((1, n_style, 16))),
        ("projected_latents", name, np.zeros((1, 16), np.float32)),
    ):
        (theirs / folder).mkdir(parents=True, exist_ok=True)
        np.save(theirs / folder / f"{file}.npy", array)
    store = photos.parent / "store"
    assert main(["import", str(theirs), "--models", NAME, "--output", str(store)]) == 0
    (photos.parent / "latents" / f"{name}.npy").unlink()
    (store / "projected_latents").rename(photos.parent / "latents" / "imported")
    assert run(photos, "--set", f"translations=[{store}]", "--latents", str(photos.parent / "latents/imported")) == 0
    lines = (photos.parent / "run" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["edit"] for line in lines] == ["Bp_max"] + ["Hc_1"] * (parse_name(name)["Hc"] == 0)
    drawn = read_image(photos.parent / "run" / "images_post_translation" / name / "Bp_max.png")
    expected = Models(NAME, "cpu").generator.render(np.ones((1, n_style, 16), np.float32))[0]
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.full
def test_every_identifier_of_the_challenge_exists(built: Path) -> None:
    models = Models(NAME, "cpu")
    assert tuple(sorted(models.translations)) == tuple(sorted(translation_names()))
    assert {translation.space for translation in models.translations.values()} == {"mygan-64"}
    for name in OFFICIAL_NAMES:
        assert set(expected_identifiers(name)) <= set(select(parse_name(name), models.translations))
    assert all(np.abs(one.path).max() > 0 for one in models.translations.values())
    assert set(map(parse, gains(built))) <= set(map(parse, translation_names()))


@pytest.mark.full
def test_the_population_is_kept_with_them(built: Path) -> None:
    scales = load_scales(read_metadata(built)["population"])
    predictor = Models(NAME, "cpu").predictor
    assert predictor.scales == scales
    models = Models(NAME, "cpu")
    z = torch.randn(200, 16, generator=torch.Generator().manual_seed(5))
    pictures = models.generator.render(models.generator.map(z)[:, None].repeat(1, models.set.n_style, 1))
    found = predictor.predict(pictures)
    assert 0.3 < np.abs(found["Bp"]).mean() < 0.6  # 0.4 where they are normally distributed
    assert len(set(found["Hc"].argmax(axis=1))) >= 4


@pytest.mark.full
def test_weights_with_other_translations_are_other_weights(built: Path) -> None:
    before = Models(NAME, "cpu").fingerprint
    content = built.read_bytes()
    built.unlink()
    try:
        assert Models(NAME, "cpu").fingerprint != before
    finally:
        built.write_bytes(content)


@pytest.mark.full
def test_a_part_does_not_take_the_place_of_the_whole(built: Path) -> None:
    with pytest.raises(BadInput, match="complete sets"):
        main(["extract", "--models", NAME, "--names", "Bp_max"])
    with pytest.raises(BadInput, match="brings its own"):
        main(["extract", "--models", "demo"])


@pytest.mark.full
@pytest.mark.usefixtures("built")
def test_a_run_edits_with_them(photos: Path) -> None:
    assert run(photos, "--edits", "Bp_max,bald") == 0
    folder = photos.parent / "run" / "images_post_translation" / OFFICIAL_NAMES[0]
    original = read_image(photos / f"{OFFICIAL_NAMES[0]}.png")
    for name in ("Bp_max", "bald"):
        assert (read_image(folder / f"{name}.png") != original).any()
    lines = (photos.parent / "run" / "manifest.jsonl").read_text().splitlines()
    assert {json.loads(line)["edit"] for line in lines} == {"Bp_max", "bald"}


def test_a_missing_clip_is_told(bare: Path) -> None:
    (bare / "clip-tiny.safetensors").unlink()
    with pytest.raises(MissingWeights, match=f"clip of model set {NAME} is missing"):
        _ = Models(NAME, "cpu").predictor
    with pytest.raises(MissingWeights, match="`face-edit models fetch ffhq-stylegan2`"):
        _ = Models("ffhq-stylegan2", "cpu").predictor
