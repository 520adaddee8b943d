"""One process alone, and two of them as torchrun starts them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.core.checkpoints import load_state
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.training.gan import parallel
from tests.pipeline.training.gan.gan import CPU, write_blobs


def test_one_process_needs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with parallel.joined(CPU) as device:
        assert (device, parallel.size(), parallel.rank(), parallel.share(5)) == (CPU, 1, 0, 5)
        value = torch.ones(2)
        assert parallel.mean(value) is value


@pytest.mark.full
def test_two_processes_train_one_generator(tmp_path: Path) -> None:
    images = write_blobs(tmp_path / "images", 60, 32)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start(rank: int, batch_size: int) -> subprocess.Popen[str]:
        small = "--resolution 32 --width 4 --max-width 8 --style-dim 8 --n-mlp 1 --kimg 0.016 --measured 0 --device cpu"
        words = ["train", "generator", str(images), "--output-dir", str(tmp_path / "run"), "--name", "mine"]
        environment = {
            **os.environ,
            HOME_VARIABLE: str(tmp_path / "weights"),
            "WORLD_SIZE": "2",
            "RANK": str(rank),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        command = [sys.executable, "-m", "apps.cli", *words, *small.split(), "--batch-size", str(batch_size)]
        return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    odd = [start(rank, 7) for rank in range(2)]
    assert ["cannot be shared by 2 processes" in process.communicate()[1] for process in odd] == [True, True]
    pair = [start(rank, 8) for rank in range(2)]
    said = [process.communicate() for process in pair]
    assert [process.returncode for process in pair] == [0, 0], said
    assert said[0][0].startswith("mine: ")
    assert said[1][0] == ""
    state = load_state(tmp_path / "weights" / "mine-generator.safetensors")
    assert all(torch.isfinite(value).all() for value in state.values())
