"""The attribute predictor: parity with Anycost's net, meaning of the outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.attributes import attributes, head_slices
from pipeline.core.weights import save_state
from projection.images import to_tensor
from projection.nets.resnet import Predictor
from projection.predictor import AttributePredictor, build_predictor
from tests.parity.recipe import Fixture, manifest, recipe_state

FULL = {"channels": (64, 128, 256, 512), "layers": (3, 4, 6, 3), "n_outputs": 80}


def test_same_keys_and_shapes_as_the_checkpoint() -> None:
    with torch.device("meta"):
        net = Predictor(**FULL)  # type: ignore[arg-type]
    expected = manifest("anycost_attribute_predictor")
    assert {key: tuple(value.shape) for key, value in net.state_dict().items()} == expected


@pytest.mark.full
def test_parity() -> None:
    fixture = Fixture("anycost_attribute_predictor")
    net = Predictor(**FULL).eval()  # type: ignore[arg-type]
    state = recipe_state("anycost_attribute_predictor", fixture.salt)
    net.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    with torch.no_grad():
        found = net(to_tensor([fixture.input("logits", "image")], 256))
    np.testing.assert_allclose(found.numpy(), fixture.expected("logits", "logits"), rtol=0, atol=fixture.atol)


def test_open_and_predict(tmp_path: Path) -> None:
    sizes = {"channels": (8, 8, 8, 8), "layers": (1, 1, 1, 1)}
    net = build_predictor(**sizes).eval()
    save_state(tmp_path / "p.safetensors", net.state_dict(), {})
    opened = AttributePredictor.open(tmp_path / "p.safetensors", {"input_size": 32, **sizes}, torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    found = opened.predict(images)
    assert list(found) == list(attributes())
    for code, attribute in attributes().items():
        if attribute.kind == "class":
            assert found[code].shape == (3, attribute.n_classes)
            np.testing.assert_allclose(found[code].sum(1), 1, atol=1e-5)
        else:
            assert found[code].shape == (3,)
    logits = net(to_tensor(images, 32)).detach().numpy()
    np.testing.assert_allclose(found["Bp"], logits[:, head_slices()["Bp"].start], atol=0.02)
    assert (found["Hc"].argmax(1) == logits[:, head_slices()["Hc"]].argmax(1)).all()
