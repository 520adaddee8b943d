"""The encoders: preprocessing, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import to_tensor
from pipeline.core.weights import save_state
from projection.encoder import LatentEncoder
from projection.nets.e4e import E4e
from projection.nets.resnet import Encoder


def test_open_and_encode(tmp_path: Path) -> None:
    sizes = {"channels": (8, 8, 8, 8), "layers": (1, 1, 1, 1), "n_style": 4, "style_dim": 6}
    net = Encoder(**sizes).eval()  # type: ignore[arg-type]
    net.mean_latent.fill_(2.0)
    save_state(tmp_path / "e.safetensors", net.state_dict(), {})
    opened = LatentEncoder.open(tmp_path / "e.safetensors", {"input_size": 32, **sizes}, torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (20, 48, 48, 3), np.uint8)
    found = opened.encode(images)
    assert found.shape == (20, 4, 6) and found.dtype == np.float32
    np.testing.assert_allclose(found[17:18], opened.encode(images[17:18]), atol=1e-4)
    np.testing.assert_allclose(found, net(to_tensor(images, 32)).detach(), atol=0.02)
    with pytest.raises(MissingWeights, match="choose resnet or e4e"):
        LatentEncoder.open(tmp_path / "e.safetensors", {"input_size": 32, "architecture": "psp"}, torch.device("cpu"))


def test_e4e_adds_the_mean_latent_of_its_file(tmp_path: Path) -> None:
    sizes = {"n_style": 9, "style_dim": 6, "channels": (16, 16, 16, 24), "layers": (1, 1, 1, 1), "size": 32}
    net = E4e(**sizes).eval()  # type: ignore[arg-type]
    state = {f"encoder.{key}": value for key, value in net.state_dict().items() if key != "latent_avg"}
    mean = torch.randn(9, 6)
    opts = {"start_from_latent_avg": True, "device": torch.device("cpu")}
    torch.save({"state_dict": state | {"decoder.x": mean}, "latent_avg": mean, "opts": opts}, tmp_path / "e4e.pt")
    config = {"architecture": "e4e", "inside": ["state_dict"], "prefix": "encoder.", "input_size": 32, **sizes}
    opened = LatentEncoder.open(tmp_path / "e4e.pt", config, torch.device("cpu"))
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    codes = net.codes(to_tensor(image, 32)).detach().numpy()
    assert codes.shape == (1, 9, 6)
    np.testing.assert_allclose(opened.encode(image), codes + mean.numpy(), atol=1e-4)
    assert np.abs(codes[:, 1:] - codes[:, :1]).max(axis=(0, 2)).min() > 0
