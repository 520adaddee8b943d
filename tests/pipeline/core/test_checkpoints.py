"""Weights files are read without running them, and only what is asked for."""

import argparse
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from pipeline.core.checkpoints import fill, load_checkpoint, load_state, open_declared
from pipeline.core.errors import MissingWeights
from tests.support.malicious_pickle import CallWhenLoaded

STATE = {"encoder.weight": torch.ones(2, 3), "encoder.bias": torch.zeros(2).half(), "decoder.weight": torch.ones(1)}


@pytest.mark.parametrize("zipped", [True, False])
def test_part_of_a_nested_file_with_the_options_of_its_training(tmp_path: Path, zipped: bool) -> None:
    opts = argparse.Namespace(device="cuda:0", sizes=[1, 2], inner=argparse.Namespace(x=None))
    path = tmp_path / "net.pt"
    torch.save({"state_dict": STATE, "opts": opts}, path, _use_new_zipfile_serialization=zipped)
    state, arguments = open_declared(path, {"inside": ["state_dict"], "prefix": "encoder.", "width": 3})
    assert arguments == {"width": 3}
    assert {key: (value.shape, value.dtype) for key, value in state.items()} == {
        "weight": ((2, 3), torch.float32),
        "bias": ((2,), torch.float32),
    }
    assert load_checkpoint(path)["opts"].device == "cuda:0"


def test_a_net_saved_beside_its_optimizer(tmp_path: Path) -> None:
    torch.save({"model": STATE, "optimizer": {"state": {}}}, tmp_path / "net.pt")
    assert load_state(tmp_path / "net.pt").keys() == STATE.keys()


def test_files_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.save({"weight": torch.zeros(1000)}, path)
    weight = load_state(path)["weight"]
    with path.open("r+b") as file:  # where the zeros are, as nothing is packed
        content = path.read_bytes()
        file.seek(content.index(bytes(4000)))
        file.write(torch.ones(1).numpy().tobytes())
    assert weight[0] == 1


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch {}",), "system"),
        (eval, ("open('{}', 'w')",), "eval"),
        (threading.Thread, (), "Thread"),
        (getattr, (argparse.Namespace, "{}"), "getattr"),
    ],
)
def test_a_file_that_would_run_something_is_refused_by_name(
    tmp_path: Path, function: Any, arguments: tuple[Any, ...], name: str, zipped: bool
) -> None:
    trap, path = tmp_path / "trap", tmp_path / "net.pt"
    evil = CallWhenLoaded(function, *(each.format(trap) if isinstance(each, str) else each for each in arguments))
    torch.save({"state_dict": STATE, "opts": evil}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(MissingWeights, match=rf"{path} asks for [a-z.]*{name}, .*nothing was run") as caught:
        load_state(path, ["state_dict"])
    assert "\n" not in str(caught.value)
    path.write_bytes(pickle.dumps(evil))
    with pytest.raises(MissingWeights):
        load_state(path)
    assert not trap.exists()


def test_fill_gives_the_very_tensors() -> None:
    state = {"weight": torch.randn(2, 3), "bias": torch.randn(2)}
    net = fill(lambda: nn.Linear(3, 2), state)
    assert net.weight.data_ptr() == state["weight"].data_ptr()
    with pytest.raises(RuntimeError, match="state_dict"):
        fill(lambda: nn.Linear(3, 2), {"weight": state["weight"]})
    with pytest.raises(RuntimeError, match="state_dict"):
        fill(lambda: nn.Linear(4, 2), state)
