"""The phone-sized parser's wrapper, on a net that reads the class from the brightness."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.core.errors import MissingWeights
from pipeline.core.weights import locate, model_set
from pipeline.quality.metrics import confusion, intersection_over_union
from postprocess.labels import LAPA, to_lapa
from postprocess.onnx_parser import OnnxParser
from tests.support.photos import bare_faces

SIZE = 32


def write_net(path: Path, classes: int = len(LAPA)) -> Path:
    """A net whose logit of class k is -(11 * red - k)^2, up to what all classes share: 22 k red - k^2."""
    weight, bias = np.zeros((classes, 3, 1, 1), np.float32), np.zeros(classes, np.float32)
    for k in range(classes):
        weight[k, 0], bias[k] = 2 * 11 * k, -k * k
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weight", "bias"], ["logits"])],
        "toy",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, classes, SIZE, SIZE])],
        [onnx.numpy_helper.from_array(weight, "weight"), onnx.numpy_helper.from_array(bias, "bias")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def stripes(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture of eleven stripes side by side, and the classes that the net sees in them."""
    labels = np.repeat((np.arange(width) * 11 // width)[None], height, axis=0).astype(np.uint8)
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.rint(labels / 11 * 255)
    return image, labels


@pytest.mark.parametrize("shape", [(SIZE, SIZE), (352, 352), (100, 704), (16, 22)])
def test_classes_lie_where_they_are_seen(tmp_path: Path, shape: tuple[int, int]) -> None:
    parser = OnnxParser.open(write_net(tmp_path / "net.onnx"), {"input_size": SIZE})
    image, labels = stripes(*shape)
    found = parser.parse(image)
    assert found.shape == shape
    assert found.dtype == np.uint8
    assert (found == labels).mean() > 0.8
    assert np.abs(found.astype(int) - labels).max() <= 1


def test_red_is_the_first_channel(tmp_path: Path) -> None:
    parser = OnnxParser.open(write_net(tmp_path / "net.onnx"), {"input_size": SIZE})
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    image[..., 2] = 255
    assert (parser.parse(image) == 0).all()


def test_the_embedded_parser_knows_held_out_portraits() -> None:
    declared = model_set("phone")
    path = locate(declared, "parser")
    assert path.stat().st_size <= 7_500_000
    parser = OnnxParser.open(path, declared.files["parser"].config)
    bare = [sample.portrait for sample in bare_faces()]
    found = np.stack([parser.parse(portrait.rgb) for portrait in bare])
    true = to_lapa(np.stack([portrait.labels for portrait in bare]))
    each = intersection_over_union(confusion(true, found, len(LAPA)))
    assert each.mean() >= 0.75
    assert each[2:6].min() >= 0.7


def test_a_file_that_is_no_net_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"nonsense")
    with pytest.raises(MissingWeights, match="cannot be read"):
        OnnxParser.open(tmp_path / "net.onnx", {"input_size": SIZE})
    with pytest.raises(MissingWeights, match="not a parser of 11 classes"):
        OnnxParser.open(write_net(tmp_path / "other.onnx", classes=19), {"input_size": SIZE})
