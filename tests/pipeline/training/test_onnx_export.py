"""ONNX files say what the weights they were made from say, by the public names, and nothing of a machine."""

import numpy as np
import onnx
import pytest
import torch

from pipeline.core.weights import load_state, locate, model_set, save_state
from pipeline.enhance.sessions import open_session
from pipeline.training.onnx_export import export_occluder
from postprocess.nets.occlusion import OcclusionNet
from postprocess.restoration import FaceRestorer

FILES = model_set("enhancer-demo").files


def read_props(path):
    """Metadata of an ONNX file."""
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def source(role):
    """Role in the demo set that an ONNX file was made from, and the file itself."""
    return FILES[role].config["of"], locate(model_set("enhancer-demo"), role)


def test_the_embedded_restorer_is_the_one_of_the_demo_set():
    name, path = source("restorer")
    session = open_session(path)
    size = session.get_inputs()[0].shape[2]
    x = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    demo = model_set("demo")
    net = FaceRestorer.open(locate(demo, name), dict(demo.files[name].config), torch.device("cpu"))
    with torch.inference_mode():
        expected = net.run(x).numpy() * 2 - 1
    (found,) = session.run(["output"], {"input": x.numpy() * 2 - 1})
    assert np.abs(found.clip(-1, 1) - expected).max() < 1e-3  # spandrel clips, the file leaves it to who runs it


def test_the_embedded_occluder_is_the_one_of_the_demo_set():
    name, path = source("occluder")
    weights = locate(model_set("demo"), name)
    agree(path, weights, {"channels": model_set("demo").files[name].config["channels"]}, 256)


def agree(path, weights, config, size):
    """The ONNX file and the net with the weights say the same."""
    net = OcclusionNet(**config).eval()
    net.load_state_dict(load_state(weights))
    x = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = net(x).sigmoid()[0, 0].numpy()
    bgr = np.ascontiguousarray(x.numpy()[:, ::-1].transpose(0, 2, 3, 1))
    (found,) = open_session(path).run(["out_mask:0"], {"in_face:0": bgr})
    assert found.shape == (1, size, size, 1)
    assert np.abs(found[0, :, :, 0] - expected).max() < 1e-3


def test_any_occluder_can_be_exported(tmp_path):
    torch.manual_seed(0)
    net = OcclusionNet((4, 8))
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.add_(0.05 * torch.rand_like(value))
    save_state(tmp_path / "a.safetensors", net.state_dict(), {"metrics": "{}", "what": "a test"})
    export_occluder(tmp_path / "a.safetensors", {"input_size": 32, "channels": (4, 8)}, tmp_path / "a.onnx")
    agree(tmp_path / "a.onnx", tmp_path / "a.safetensors", {"channels": (4, 8)}, 32)
    assert read_props(tmp_path / "a.onnx")["what"] == "a test"


@pytest.mark.parametrize(("role", "most"), [("restorer", 2_500_000), ("occluder", 400_000)])
def test_embedded_files_are_small_and_say_where_they_are_from(role, most):
    name, path = source(role)
    assert path.stat().st_size < most
    assert read_props(path)["made_from"] == locate(model_set("demo"), name).name
    model = onnx.load(path)
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
    assert b"/site-packages/" not in path.read_bytes()
