"""`directions learn` around the toy world, from options to the file."""

import csv
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from apps.directions.cli import main
from pipeline.core.attributes import attributes
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.weights import read_metadata
from projection.direction_file import read_direction
from projection.directions.describe import Described
from projection.latent_files import write_latent
from projection.translations import gains, load
from tests.support.linear_world import NAMES, ToyGenerator, ToyPredictor, cosine

QUICK = ["--set", "n_samples=700", "--set", "batch=700", "--set", "folds=2", "--set", "evaluations=2"]
SMILE, NOSE = NAMES.index("smile"), NAMES.index("N")


class Reads:
    """CLIP stand-in whose sentences are factors."""

    input_size = 8

    def difference(self, images: np.ndarray, sentence: str, against: str) -> np.ndarray:
        assert (sentence, against) == ("a smiling person", "a person")
        return np.asarray(images[:, SMILE], np.float32)


@pytest.fixture(autouse=True)
def toy_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def models(name: str, device: str) -> SimpleNamespace:
        shape = SimpleNamespace(name="toy", space="toy", n_style=3, dim=40)
        return SimpleNamespace(
            set=shape,
            space="toy",
            generator=ToyGenerator(),
            predictor=ToyPredictor(),
            encoder_or_none=None,
            clip=Reads(),
            fingerprint="none",
        )

    monkeypatch.setattr("pipeline.models.Models", models)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """120 latents, a table of their noses, and folders of those who smile and do not."""
    values = np.random.default_rng(1).standard_normal((120, 40))
    with (tmp_path / "scores.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "nose", "age"])
        for number, each in enumerate(values):
            latent = np.repeat((each @ ToyGenerator().mixing.T).astype(np.float32)[None], 3, 0)
            side = "serious" if each[SMILE] < 0.1 else "smiling"
            for folder in ("latents", side):
                write_latent(tmp_path / folder / f"p{number}.npy", latent, "toy")
            rows.writerow([f"p{number}", each[NOSE], each[NAMES.index("age")]])
    return tmp_path


def learn(people: Path, *options: str) -> Path:
    output = people / "found.safetensors"
    assert main(["learn", *options, "--output", str(output), *QUICK]) == 0
    return output


def test_a_table_gives_a_translation_that_the_pipeline_reads(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = ["--scores", str(people / "scores.csv"), "--latents", str(people / "latents"), "--target", "nose"]
    output = learn(people, *table, "--condition", "age,predicted", "--name", "N_max")
    shown = capsys.readouterr().out
    assert "held out" in shown and "* " in shown and "age" in shown and "movement at strength 1" in shown
    found = load(output)["N_max"]
    assert found.path.shape == (1, 3, 40) and found.space == "toy"
    assert cosine(found.path[0].sum(0), ToyGenerator().truth("N")) > 0.8
    assert gains(output)["N_max"] > 0.5
    metadata = read_metadata(output)
    assert json.loads(metadata["recipe"])["fixed"][-1] == "age"
    assert sum(row["chosen"] for row in json.loads(metadata["table"])) == 1


def test_two_folders_give_a_translation(people: Path) -> None:
    folders = ["--with", str(people / "smiling"), "--without", str(people / "serious")]
    output = learn(people, *folders, "--condition", "Se,A", "--name", "Sm_1")
    assert cosine(load(output)["Sm_1"].path[0].sum(0), ToyGenerator().truth("smile")) > 0.6
    assert json.loads(read_metadata(output)["recipe"])["fixed"] == ["A", "Se"]


def test_a_sentence_gives_a_direction_of_ones_own(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strip = Described(np.zeros((8, 40, 3), np.uint8), {"layers": [1.0, 0.0, 0.0]})  # the toy's pictures are rows
    monkeypatch.setattr("projection.directions.describe.describer", lambda *_: lambda _: strip)
    found = read_direction(learn(people, "--sentence", "a smiling person", "--name", "a smile"))
    assert cosine(found.path[0].sum(0), ToyGenerator().truth("smile")) > 0.8
    assert (found.space, found.attribute.title, found.code) == ("toy", "a smile", "a-smile")
    assert found.recipe["own"] == "Sm" and found.figures["layers"] == [1.0, 0.0, 0.0]
    assert sum(row["chosen"] for row in found.recipe["table"]) == 1


def test_crops_are_projected_first_and_only_once(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders hold crops; the store's latents are those of the toy."""
    from pipeline.core.images import write_image

    projected = []

    def project(source: Path, work: Path, *_: object) -> SimpleNamespace:
        projected.append(work.name)
        for path in sorted(source.glob("*.png")):
            latent = (people / "latents" / f"{path.stem}.npy").read_bytes()
            (work / "projected_latents").mkdir(parents=True, exist_ok=True)
            (work / "projected_latents" / f"{path.stem}.npy").write_bytes(latent)
        return SimpleNamespace(failed={"p0": "too small"})

    monkeypatch.setattr("pipeline.project_folder.project_folder", project)
    for side in ("smiling", "serious"):
        for latent in (people / side).glob("*.npy"):
            write_image(people / "crops" / side / f"{latent.stem}.png", np.zeros((64, 64, 3), np.uint8))
    crops = ["--with", str(people / "crops/smiling"), "--without", str(people / "crops/serious")]
    output = learn(people, *crops, "--condition", "none", "--name", "Sm_1")
    assert projected == ["with", "without"]
    assert json.loads(read_metadata(output)["recipe"])["examples"] == 119
    assert (people / "found_examples/with/projected_latents").is_dir()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "one of --scores"),
        (["--sentence", "a", "--scores", "b"], "one of --scores"),
        (["--scores", "b"], "--target COLUMN"),
        (["--with", "b"], "both --with"),
        (["--with", "none", "--without", "none"], "does not exist"),
        (["--sentence", "a", "--name", "Sm_7"], "unknown value"),
        (["--sentence", "a", "--condition", "Nose"], "neither an attribute's code nor a column"),
        (["--sentence", "a", "--output", "folder"], "no .safetensors file"),
    ],
)
def test_options_that_do_not_fit(options: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        main(["learn", "--name", "a smile", "--output", str(tmp_path / "x.safetensors"), *options])


def test_without_clip_a_sentence_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pipeline.core.model_sets import HOME_VARIABLE

    monkeypatch.undo()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    with pytest.raises(MissingWeights, match=r"clip .* is missing: run `face-edit models fetch"):
        main(["learn", "--sentence", "a hat", "--name", "hat", "--output", str(tmp_path / "x.safetensors")])


def test_a_tiny_clip_compares_two_sentences(tmp_path: Path) -> None:
    from projection.attributes.clip import ClipScorer
    from tests.support.tiny_clip import TINY, tiny_clip

    scorer = ClipScorer.open(tiny_clip(tmp_path), {"architecture": TINY}, torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    compare = partial(scorer.difference, images)
    one = compare("a person with freckles", "a person")
    assert one.shape == (3,) and np.ptp(one) > 0
    np.testing.assert_allclose(compare("a person", "a person with freckles"), -one, rtol=1e-3, atol=1e-4)
    big = attributes()["Bp"].values["max"].prompts[0]
    assert not np.allclose(compare(big, "a person"), one)
