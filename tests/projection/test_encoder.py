"""The encoder: parity with Anycost's, preprocessing, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import MissingWeights
from pipeline.core.weights import save_state
from projection.encoder import LatentEncoder, build_encoder
from projection.images import to_tensor
from projection.nets.resnet import Encoder
from tests.parity.recipe import Fixture, manifest, recipe_state

FULL = {"channels": (64, 128, 256, 512), "layers": (3, 4, 6, 3), "n_style": 18, "style_dim": 512}


def test_same_keys_and_shapes_as_the_checkpoint() -> None:
    with torch.device("meta"):
        net = Encoder(**FULL)  # type: ignore[arg-type]
    assert {key: tuple(value.shape) for key, value in net.state_dict().items()} == manifest("anycost_encoder")


@pytest.mark.full
def test_parity() -> None:
    fixture = Fixture("anycost_encoder")
    net = Encoder(**FULL)  # type: ignore[arg-type]
    state = recipe_state("anycost_encoder", fixture.salt)
    net.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    found = LatentEncoder(net, 256, "cpu").encode([fixture.input("encode", "image")])
    np.testing.assert_allclose(found, fixture.expected("encode", "w"), rtol=0, atol=fixture.atol)


def test_open_and_encode(tmp_path: Path) -> None:
    sizes = {"channels": (8, 8, 8, 8), "layers": (1, 1, 1, 1), "n_style": 4, "style_dim": 6}
    net = build_encoder(**sizes).eval()  # type: ignore[arg-type]
    net.mean_latent.fill_(2.0)
    save_state(tmp_path / "e.safetensors", net.state_dict(), {})
    opened = LatentEncoder.open(tmp_path / "e.safetensors", {"input_size": 32, **sizes}, torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (20, 48, 48, 3), np.uint8)
    found = opened.encode(images)
    assert found.shape == (20, 4, 6) and found.dtype == np.float32
    np.testing.assert_allclose(found[17:18], opened.encode(images[17:18]), atol=1e-4)
    np.testing.assert_allclose(found, net(to_tensor(images, 32)).detach(), atol=0.02)
    with pytest.raises(MissingWeights, match="Anycost"):
        LatentEncoder.open(tmp_path / "e.safetensors", {"input_size": 256, "n_style": 18}, torch.device("cpu"))
