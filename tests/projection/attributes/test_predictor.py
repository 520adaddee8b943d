"""The attribute predictor: meaning of the outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pipeline.core.attributes import attributes, head_slices
from pipeline.core.tensors import to_tensor
from pipeline.core.weights import save_state
from projection.attributes.predictor import AttributePredictor, build_predictor


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
