"""`face-edit train parser` and `export-parser`: from a folder to a parser that another program can run."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from apps.console import run
from apps.train.cli import main
from pipeline.core.images import read_image
from pipeline.core.tensors import UNIT, to_array, to_tensor
from pipeline.training.lapa.cache import find_pairs, open_split
from pipeline.training.lapa.export import HEAD
from pipeline.training.lapa.measure import cost
from pipeline.training.lapa.store import load_parser
from postprocess.onnx_parser import OnnxParser
from tests.pipeline.training.lapa.lapa import write_split


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lapa")
    for seed, name in enumerate(("train", "val", "test")):
        write_split(place / name, 8, 64, seed)
    return place


def train(folder: Path, output: Path, *more: str) -> int:
    options = ["--encoder-weights", "none", "--size", "64", "--batch-size", "4", "--epochs", "1", "--device", "cpu"]
    places = ["--output-dir", str(output), "--cache-dir", str(folder / "cache")]
    return run(main, ["parser", str(folder), *places, *options, *more])


def test_a_training_leaves_parser_and_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder, tmp_path) == 0
    names = {"checkpoint.pt", "parser.safetensors", "history.csv", "curves.png", "iou.csv", "confusion.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    trained = load_parser(tmp_path)
    assert trained.settings.size == 64
    assert str(tmp_path) not in str(trained.metadata)
    shown = capsys.readouterr().out
    assert "epoch 1  64 px" in shown
    assert "left brow" in shown
    assert train(folder, tmp_path, "--gamma", "1") == 1
    assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--size", "100"], "multiple of 32"),
        (["--batch-size", "0"], "--batch-size has to be at least 1"),
        (["--encoder", "mobilnet_v2"], "did you mean mobilenet_v2"),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_sentence(
    folder: Path, tmp_path: Path, options: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder, tmp_path, *options) == 1
    shown = capsys.readouterr().err
    assert answer in shown
    assert len(shown.splitlines()) == 1


def test_an_export_needs_a_training(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(main, ["export-parser", str(folder), str(tmp_path)]) == 1
    assert "run `face-edit train parser` first" in capsys.readouterr().err


@pytest.mark.full
@pytest.mark.parametrize(("architecture", "limit"), [("deeplabv3plus", 5.0), ("unetplusplus", 7.5)])
def test_an_export_is_small_and_says_what_the_net_says(
    folder: Path, tmp_path: Path, architecture: str, limit: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder, tmp_path, "--architecture", architecture, "--epochs", "4") == 0
    capsys.readouterr()
    line = ["export-parser", str(folder), str(tmp_path), "--calibration", "8", "--cache-dir", str(folder / "cache")]
    assert run(main, line) == 0
    table = capsys.readouterr().out
    assert (tmp_path / "export.md").read_text() == table
    assert [row.split("|")[2].strip() for row in table.splitlines()[2:]] == ["fp32", "fp16", "int8"]
    assert all(row.count("|") == len(HEAD) + 1 for row in table.splitlines())

    paths = {name: tmp_path / f"parser-{name}.onnx" for name in ("fp32", "fp16", "int8")}
    sizes = {name: path.stat().st_size / 1e6 for name, path in paths.items()}
    assert sizes["fp16"] < 0.55 * sizes["fp32"]
    assert sizes["int8"] < limit
    split = open_split(folder / "test", 64, folder / "cache")
    truth = load_parser(tmp_path).net(to_tensor(split.rgb, normalisation=UNIT)).numpy()
    for name, allowed in (("fp32", 1e-3), ("fp16", 0.03), ("int8", 0.25)):
        session = onnxruntime.InferenceSession(str(paths[name]), providers=["CPUExecutionProvider"])
        found = np.concatenate([session.run(None, {"image": to_array(image, UNIT)})[0] for image in split.rgb])
        error = np.abs(found - truth).mean() / truth.std()
        assert error < allowed, name
        assert str(Path.cwd()) not in str(onnx.load(paths[name]))
    labels = OnnxParser.open(paths["fp32"], {"input_size": 64}).parse(read_image(find_pairs(folder / "test")[0][0]))
    assert (labels == truth[0].argmax(0)).mean() > 0.99
    assert cost(paths["fp32"]).memory > cost(paths["int8"]).memory / 4 > 0
