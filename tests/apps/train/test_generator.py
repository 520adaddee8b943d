"""`face-edit train generator`: from a folder to a set that other commands take, and sentences for what cannot be."""

import json
from pathlib import Path

import pytest

from apps.console import run
from apps.train.cli import main
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from tests.pipeline.training.gan.gan import write_blobs

SMALL = [
    "--resolution",
    "32",
    "--width",
    "4",
    "--max-width",
    "8",
    "--style-dim",
    "8",
    "--n-mlp",
    "1",
    "--batch-size",
    "4",
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_blobs(tmp_path_factory.mktemp("images"), 60, 40)


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))


def train(images: Path, output: Path, *more: str) -> int:
    return run(main, ["generator", str(images), "--output-dir", str(output), *SMALL, "--device", "cpu", *more])


def test_a_training_leaves_a_model_set(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(images, tmp_path / "mine", "--kimg", "0.032", "--measured", "30") == 0
    assert capsys.readouterr().out.startswith("mine: Trained on 60 images, 32 px")
    assert model_set("mine").space.startswith("mine-")
    names = {path.name for path in (tmp_path / "mine").iterdir() if path.suffix != ".rgb" and path.name[0] != "."}
    assert names == {"checkpoint.pt", "generator.safetensors", "log.jsonl", "model_card.md", "samples"}
    log = [json.loads(line) for line in (tmp_path / "mine" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [0, 8, 8]
    assert train(images, tmp_path / "mine", "--kimg", "0.04", "--measured", "0") == 0
    shown = capsys.readouterr()
    assert "continues at 0.03 thousand images" in shown.err
    assert (
        train(images, tmp_path / "other", "--kimg", "0.04", "--measured", "0", "--name", "mine", "--rate", "1e-3") == 1
    )
    assert "There is a model set mine already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ([], "Say when to stop"),
        (["--kimg", "1", "--resolution", "48"], "--resolution 48 is no power of two from 32"),
        (["--kimg", "1", "--resolution", "16"], "--resolution 16 is no power of two from 32"),
        (["--kimg", "nan"], "--kimg has to be more than 0"),
        (["--kimg", "1", "--batch-size", "0"], "--batch-size has to be at least 1"),
        (["--kimg", "1", "--ada-target", "1"], "--ada-target has to be"),
        (["--kimg", "1", "--freeze-d", "9"], "--freeze-d 9: the discriminator has 3 blocks"),
        (["--kimg", "1", "--seed", "-1"], "--seed has to be at least 0"),
        (["--kimg", "1", "--measured", "1"], "--measured takes at least 2 pictures"),
        (["--kimg", "1", "--features", "inception"], "face-edit models fetch inception"),
        (["--kimg", "1", "--from", "dmo"], "did you mean demo"),
        (["--kimg", "1", "--like", "phone"], "has no generator"),
        (["--kimg", "1", "--name", "a/b"], "cannot be the name of a model set"),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_sentence(
    images: Path, tmp_path: Path, options: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(images, tmp_path / "mine", *options) == 1
    shown = capsys.readouterr().err
    assert answer in shown
    assert len(shown.splitlines()) == 1


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["generator", "--help"])
    assert "face-edit train generator crops --output-dir runs/mine" in capsys.readouterr().out
