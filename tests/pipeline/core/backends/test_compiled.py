"""A compiled net computes what torch computes or is refused; exports are kept, and replaced when they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.backends import compiled
from pipeline.core.backends.compiled import LEAST_PSNR, Compiled, psnr
from pipeline.core.backends.engines import about
from pipeline.core.backends.exported import noted_checks
from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.files import write_atomic
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.weights import weights_folder
from tests.pipeline.core.backends.toy_net import ToyWrapper, batch

BACKENDS = ("openvino", "onnxruntime")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of exported nets."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path / "exported"


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are really exported."""
    made: list[Path] = []

    def written(path: Path, data: bytes) -> None:
        made.append(path)
        write_atomic(path, data)

    monkeypatch.setattr("pipeline.core.backends.exported.write_atomic", written)
    return made


def taking_over(
    net: ToyWrapper, backend: str = "onnxruntime", required: bool = True, weights: str = "0"
) -> tuple[Compiled, list[str]]:
    """The net's forward pass by a backend, and what it tells."""
    told: list[str] = []
    folder = weights_folder() / "exported"
    return Compiled(net, "parser", weights, {"width": 8}, backend, required, told.append, folder), told


def run(forward: Compiled, x: torch.Tensor, **options: float) -> np.ndarray:
    with torch.inference_mode():
        return forward(x, **options).numpy()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_agrees_with_torch_and_says_how_well(backend: str) -> None:
    pytest.importorskip(backend)
    net = ToyWrapper()
    forward, told = taking_over(net, backend)
    out, true = run(forward, batch()), net.net(batch()).numpy()
    assert psnr(out, true) > LEAST_PSNR["float32"]
    assert [line.startswith(f"parser by {about(backend)}, float32, ") for line in told] == [True]
    for one, alone in zip(out, batch().split(1), strict=True):  # the same bytes in every batch
        assert np.array_equal(run(forward, alone)[0], one)


def test_an_export_serves_all_backends_and_later_starts(exports: list[Path]) -> None:
    net = ToyWrapper()
    for backend in (*BACKENDS, *BACKENDS):
        pytest.importorskip(backend)
        forward, told = taking_over(net, backend)
        run(forward, batch())
        run(forward, batch(2, 1))
        assert len(told) == 1
    onnx = [path for path in exports if path.suffix == ".onnx"]
    assert len(onnx) == 1
    assert {name.partition(" ")[0] for name in noted_checks(onnx[0])} == set(BACKENDS)
    run(taking_over(net, weights="1")[0], batch())
    run(taking_over(net)[0], torch.rand(1, 3, 24, 24))
    assert len({path for path in exports if path.suffix == ".onnx"}) == 3  # other weights, another size


@pytest.mark.parametrize("backend", BACKENDS)
def test_options_are_part_of_the_export(backend: str, folder: Path) -> None:
    pytest.importorskip(backend)
    net = ToyWrapper()
    forward, told = taking_over(net, backend)
    for gain in (1.0, 2.0, 1.0):
        assert psnr(run(forward, batch(), gain=gain), gain * net.net(batch()).numpy()) > LEAST_PSNR["float32"]
    assert [line.partition("torch, ")[2] for line in told] == ["gain 1", "gain 2"]
    assert len(list(folder.glob("*.onnx"))) == 2


def test_a_damaged_export_is_made_again(folder: Path, exports: list[Path]) -> None:
    net = ToyWrapper()
    before = run(taking_over(net)[0], batch())
    (path,) = folder.glob("*.onnx")
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    assert np.array_equal(run(taking_over(net)[0], batch()), before)
    assert path.read_bytes() == good
    path.with_suffix(".json").write_text("{torn")
    assert np.array_equal(run(taking_over(net)[0], batch()), before)
    assert len([one for one in exports if one.suffix == ".onnx"]) == 2


def wrong_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another net than the one asked for be exported."""
    other, export = ToyWrapper(seed=7), compiled.export
    monkeypatch.setattr(compiled, "export", lambda _net, _forward, x, path: export(other.net, other.net, x, path))


def test_a_wrong_net_is_refused_with_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_export(monkeypatch)
    net = ToyWrapper()
    for _ in range(2):  # measured, then known
        with pytest.raises(BadConfig, match=r"PSNR -?\d+\.\d dB instead of 100.*: choose the backend torch for it"):
            run(taking_over(net)[0], batch())
    forward, told = taking_over(net, required=False)
    assert np.array_equal(run(forward, batch()), net.net(batch()).numpy())
    assert len(told) == 1
    assert told[0].startswith("parser by torch: onnxruntime differs from torch, PSNR")


def test_a_net_that_cannot_be_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise NotImplementedError("aten::strange is not known\nmore")

    monkeypatch.setattr(compiled, "export", fails)
    net = ToyWrapper()
    with pytest.raises(BadConfig, match=r"^onnxruntime fails \(aten::strange is not known\) for the parser: choose"):
        run(taking_over(net)[0], batch())
    forward, told = taking_over(net, required=False)
    assert np.array_equal(run(forward, batch()), net.net(batch()).numpy())
    assert told == ["parser by torch: onnxruntime fails (aten::strange is not known)"]


def test_a_full_disk_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise BadInput("The disk is full.")

    monkeypatch.setattr("pipeline.core.backends.exported.write_atomic", full)
    with pytest.raises(BadInput, match="disk is full"):
        run(taking_over(ToyWrapper())[0], batch())


def test_bfloat16_where_the_processor_has_it() -> None:
    openvino = pytest.importorskip("openvino")
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bfloat16")
    net = ToyWrapper()
    true = net.net(batch()).numpy()
    forward, told = taking_over(net, "openvino")
    exact = run(forward, batch())
    with torch.autocast("cpu", torch.bfloat16):
        half = run(forward, batch())
    assert [", bfloat16, " in line for line in told] == [False, True]
    assert LEAST_PSNR["bfloat16"] < psnr(half, true) < psnr(exact, true) - 20


@given(st.floats(1e-4, 1.0), st.floats(0.1, 10.0))
def test_psnr_is_of_the_range(error: float, scale: float) -> None:
    true = np.linspace(0, 1, 100)
    assert psnr(scale * (true + error), scale * true) == pytest.approx(-20 * np.log10(error), abs=1e-6)


def test_psnr_of_what_is_no_image() -> None:
    assert psnr(np.zeros(3), np.zeros(4)) == 0
    assert np.isnan(psnr(np.full(3, np.nan), np.arange(3.0)))
    assert psnr(np.arange(3.0), np.arange(3.0)) == 200
