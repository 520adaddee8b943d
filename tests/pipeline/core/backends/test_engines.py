"""The choice of a backend, and one sentence where it cannot be had."""

import sys

import pytest

from pipeline.core.backends.engines import choose_backend
from pipeline.core.errors import BadConfig


def test_auto_is_openvino_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    assert choose_backend("auto", "cpu") == choose_backend("openvino", "cpu") == "openvino"
    assert choose_backend("auto", "cuda") == choose_backend("auto", "mps") == "torch"
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert choose_backend("auto", "cpu") == "torch"


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadConfig, match=rf"^The backend {name} is not installed: run `pip install {name}`, or"):
        choose_backend(name, "cpu")
    assert choose_backend("torch", "cpu") == "torch"


def test_a_backend_that_there_is_not() -> None:
    with pytest.raises(BadConfig, match=r"There is no backend openvin: did you mean openvino\?"):
        choose_backend("openvin", "cpu")
    with pytest.raises(BadConfig, match="on the processor, not on cuda: choose auto or torch"):
        choose_backend("onnxruntime", "cuda")
