"""Converted generators draw the same pictures; hostile files run nothing."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.checkpoints import fill
from pipeline.core.errors import BadInput, MissingWeights
from projection.converters.convert import ConvertedGenerator, read_generator
from projection.nets.generator import Generator
from tests.projection.converters.nvidia_nets import NvidiaGenerator, nvidia_modules, tensorflow_network
from tests.support.malicious_pickle import CallWhenLoaded

CHANNELS = {4: 12, 8: 10, 16: 6}
DIM = 8


@pytest.fixture
def nvidia() -> NvidiaGenerator:
    torch.manual_seed(3)
    return NvidiaGenerator(CHANNELS, DIM, count=2).eval().requires_grad_(False)


def write(path: Path, content: Any, protocol: int = 3) -> Path:
    with nvidia_modules(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about pickling storages
        path.write_bytes(pickle.dumps(content, protocol))
    return path


def assert_same_pictures(converted: ConvertedGenerator, nvidia: NvidiaGenerator) -> None:
    assert converted.config == {"resolution": 16, "style_dim": DIM, "n_mlp": 2, "channels": CHANNELS}
    net = fill(lambda: Generator(**converted.config), converted.state).eval()
    z, ws = torch.randn(3, DIM), torch.randn(3, net.n_style, DIM)
    with torch.no_grad():
        torch.testing.assert_close(net.get_style(z), nvidia.mapping(z), rtol=0, atol=1e-5)
        torch.testing.assert_close(net(ws), nvidia.synthesis(ws), rtol=0, atol=2e-4)
        assert net(ws).std() > 1


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_pytorch_pickle(tmp_path: Path, nvidia: NvidiaGenerator, protocol: int) -> None:
    other = NvidiaGenerator({4: 4, 8: 4}, DIM, count=1)
    content = {"G": other, "D": other, "G_ema": nvidia, "training_set_kwargs": {"path": "x"}, "augment_pipe": None}
    assert_same_pictures(read_generator(write(tmp_path / "g.pkl", content, protocol)), nvidia)


def test_tensorflow_pickle(tmp_path: Path, nvidia: NvidiaGenerator) -> None:
    other = tensorflow_network(NvidiaGenerator({4: 4, 8: 4}, DIM, count=1))
    content = (other, other, tensorflow_network(nvidia))
    assert_same_pictures(read_generator(write(tmp_path / "g.pkl", content, 4)), nvidia)


@pytest.mark.parametrize("nested", [{"g_ema": None, "d": None, "latent_avg": None}, {"state_dict": None}, None])
def test_rosinality_checkpoint(tmp_path: Path, nested: dict[str, Any] | None) -> None:
    net = Generator(16, DIM, 3, CHANNELS)
    state = net.state_dict()
    torch.save(state if nested is None else dict.fromkeys(nested, state), tmp_path / "g.pt")
    converted = read_generator(tmp_path / "g.pt")
    assert converted.config == {"resolution": 16, "style_dim": DIM, "n_mlp": 3, "channels": CHANNELS}
    assert converted.state.keys() == state.keys()
    for key, value in state.items():
        torch.testing.assert_close(converted.state[key], value, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda net: net.mapping.register_buffer("embed", torch.ones(2)), "mapping.embed is unknown"),
        (lambda net: net.synthesis.b8.register_buffer("skip", torch.ones(2)), "synthesis.b8.skip is unknown"),
        (lambda net: net.synthesis.b8.resample_filter.fill_(1), "is not the filter"),
        (lambda net: delattr(net.synthesis.b8.conv0, "noise_const"), "Missing key|Error"),
        (lambda net: setattr(net.synthesis, "b16", net.synthesis.b8), "Error"),
        (lambda net: delattr(net.synthesis, "b4"), "conv1.conv.weight"),
        (lambda net: net._modules["mapping"]._modules.update(again=net), "too many submodules"),
    ],
)
def test_other_networks_are_refused(tmp_path: Path, nvidia: NvidiaGenerator, change: Any, reason: str) -> None:
    change(nvidia)
    with pytest.raises(BadInput, match=reason) as caught:
        read_generator(write(tmp_path / "g.pkl", {"G_ema": nvidia}))
    assert "StyleGAN2" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "argument", "name"),
    [
        (os.system, "touch {}", f"{os.name}.system"),
        (eval, "open('{}', 'w')", "builtins.eval"),
        (exec, "open('{}', 'w')", "builtins.exec"),
        (getattr, "{}", "builtins.getattr"),
        (torch.load, "{}", "torch.serialization.load"),
        (np.load, "{}", "numpy.load"),
    ],
)
def test_any_other_callable_is_refused_by_name(tmp_path: Path, function: Any, argument: str, name: str) -> None:
    trap = tmp_path / "trap"
    evil = CallWhenLoaded(function, argument.format(trap))
    for content in (evil, {"G_ema": evil}, {"G_ema": {"_modules": {}, "_buffers": {"x": [evil]}}}):
        with pytest.raises(BadInput, match=f"asks for {name}.*nothing of it was run"):
            read_generator(write(tmp_path / "g.pkl", content))
    assert not trap.exists()


def test_what_tensors_are_made_of_is_not_unpickled_freely(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    inner = pickle.dumps(CallWhenLoaded(os.system, f"touch {trap}"))
    torch.save({"x": torch.ones(1)}, tmp_path / "zipped.pt")
    for nested in (inner, (tmp_path / "zipped.pt").read_bytes(), b""):
        with pytest.raises(BadInput, match="cannot be read"):
            read_generator(write(tmp_path / "g.pkl", CallWhenLoaded(torch.storage._load_from_bytes, nested)))
    assert not trap.exists()


def test_the_source_that_comes_along_is_not_run(tmp_path: Path, nvidia: NvidiaGenerator) -> None:
    path = write(tmp_path / "g.pkl", nvidia)
    assert b"this was executed" in path.read_bytes()
    read_generator(path)


DEEP = b")" + b"\x85" * 200_000
"""A tuple in a tuple in a tuple ..."""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html>",
        b"\x80\x02" + DEEP + b".",
        b"\x80\x02}" + DEEP + b"K\x01s.",  # as a key, it would be hashed
        b"\x80\x04\x8e" + (2**60).to_bytes(8, "little") + b".",  # bytes of 1 EiB
        b"\x80\x02Nr" + (2**31 - 1).to_bytes(4, "little") + b".",  # a memo of 2 billion places
        b"\x80\x02" + b"N0" * 600_000 + b"N.",
        b"\x80\x02ctorch.storage\n_load_from_bytes\n",  # cut off
        b"\x80\x02\x82\x01.",  # a class by its number in the extension registry
        b"\x80\x02X\x01\x00\x00\x00aQ.",  # a persistent id
        b"\x80\x02ccollections\nOrderedDict\n(N}X\x03\x00\x00\x00getX\x01\x00\x00\x00xs\x86b.",  # changes a class
    ],
    ids=range(11),
)
def test_malformed_pickles_are_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "g.pkl").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_generator(tmp_path / "g.pkl")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_tensor_may_not_be_larger_than_its_content(tmp_path: Path) -> None:
    class Wide(torch.nn.Module):
        def __reduce__(self) -> tuple[Any, ...]:
            storage = torch.ones(1).storage()
            return torch._utils._rebuild_tensor_v2, (storage, 0, (10**6, 10**6), (0, 0), False, {})

    with pytest.raises(BadInput, match="larger than its content"):
        read_generator(write(tmp_path / "g.pkl", Wide()))


@pytest.mark.parametrize("content", [3, [], {}, {"G_ema": None}, (1, 2), {"a": torch.ones(2)}])
def test_pickles_of_something_else(tmp_path: Path, content: Any) -> None:
    with pytest.raises(BadInput, match="holds no usable generator"):
        read_generator(write(tmp_path / "g.pkl", content))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read_generator(tmp_path / "none.pkl")
    (tmp_path / "g.pt").write_bytes(pickle.dumps(CallWhenLoaded(os.system, f"touch {tmp_path / 'trap'}")))
    with pytest.raises(MissingWeights):
        read_generator(tmp_path / "g.pt")
    assert not (tmp_path / "trap").exists()
