"""ONNX files that stand in for the public enhancer: its names and shapes, with weights that are seeded or plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.core import user_model_sets
from tests.support.model_sets import declaration

OPSET, IR = 17, 9
PUBLIC_RESTORER = ("input", "output", 512)
PUBLIC_OCCLUDER = ("in_face:0", "out_mask:0", 256)


def restorer(path: Path, size: int = 64, lift: float = 0.2, weight_input: bool = False) -> Path:
    """GFPGAN's contract: `input` (1, 3, S, S) -> `output`; adds `lift` to pixels of -1..1, and CodeFormer's weight."""
    nodes = [helper.make_node("Add", ["input", "lift"], ["lifted"])]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])]
    if weight_input:
        inputs.append(helper.make_tensor_value_info("weight", TensorProto.DOUBLE, [1]))
        nodes.append(helper.make_node("Cast", ["weight"], ["strength"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Add", ["lifted", "strength"], ["output"]))
    else:
        nodes.append(helper.make_node("Identity", ["lifted"], ["output"]))
    return _write(path, nodes, inputs, ("output", [1, 3, size, size]), {"lift": np.array(lift, np.float32)})


def occluder(path: Path, size: int = 32) -> Path:
    """dfl_xseg's contract: `in_face:0` (N, S, S, 3) -> `out_mask:0` (N, S, S, 1); here the last channel, red."""
    nodes = [helper.make_node("Slice", ["in_face:0", "from", "to", "axis"], ["out_mask:0"])]
    constants = {name: np.array([value], np.int64) for name, value in (("from", 2), ("to", 3), ("axis", 3))}
    inputs = [helper.make_tensor_value_info("in_face:0", TensorProto.FLOAT, ["unk__359", size, size, 3])]
    return _write(path, nodes, inputs, ("out_mask:0", ["unk__360", size, size, 1]), constants)


def seeded_restorer(path: Path, channels: int = 32) -> Path:
    """Of the published size, 512: three convolutions at half the size with seeded weights, added to the picture."""
    rng, layers = np.random.default_rng(0), [(3, channels, 2), (channels, channels, 1), (channels, 12, 1)]
    nodes, weights, last = [], {}, "input"
    for index, (inside, outside, stride) in enumerate(layers):
        scale = 0.5 / np.sqrt(9 * inside)
        weights[f"w{index}"] = (scale * rng.standard_normal((outside, inside, 3, 3))).astype(np.float32)
        options = {"strides": [stride, stride], "pads": [1, 1, 1, 1]}
        nodes.append(helper.make_node("Conv", [last, f"w{index}"], [f"c{index}"], **options))
        nodes.append(helper.make_node("Tanh", [f"c{index}"], [f"t{index}"]))
        last = f"t{index}"
    nodes.append(helper.make_node("DepthToSpace", [last], ["detail"], blocksize=2))
    nodes.append(helper.make_node("Add", ["input", "detail"], ["output"]))
    shape = [1, 3, 512, 512]
    return _write(
        path, nodes, [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)], ("output", shape), weights
    )


def seeded_occluder(path: Path, channels: int = 16) -> Path:
    """Of the published size, 256, channels last: two seeded convolutions, a sigmoid; sees faces nearly everywhere."""
    rng = np.random.default_rng(1)
    weights = {
        "w0": (rng.standard_normal((channels, 3, 3, 3)) / 5).astype(np.float32),
        "w1": (rng.standard_normal((1, channels, 3, 3)) / 12).astype(np.float32),
        "b1": np.array([2], np.float32),
    }
    pads = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Transpose", ["in_face:0"], ["x"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["x", "w0"], ["c0"], **pads),
        helper.make_node("Relu", ["c0"], ["r0"]),
        helper.make_node("Conv", ["r0", "w1", "b1"], ["c1"], **pads),
        helper.make_node("Sigmoid", ["c1"], ["s"]),
        helper.make_node("Transpose", ["s"], ["out_mask:0"], perm=[0, 2, 3, 1]),
    ]
    inputs = [helper.make_tensor_value_info("in_face:0", TensorProto.FLOAT, ["unk__359", 256, 256, 3])]
    return _write(path, nodes, inputs, ("out_mask:0", ["unk__360", 256, 256, 1]), weights)


def declare(folder: Path, name: str = "standin") -> str:
    """Declare the files of a weights folder as a set like `enhancer`, without the hashes of the real ones; its name."""
    user_model_sets.write(folder, {name: {**declaration("enhancer"), "title": "Stand-ins"}})
    return name


def small_set(folder: Path) -> str:
    """A declared set of the two small stand-ins in a weights folder; its name."""
    restorer(folder / "gfpgan_1.4.onnx")
    occluder(folder / "dfl_xseg.onnx")
    return declare(folder)


def _write(path: Path, nodes: list, inputs: list, output: tuple[str, list], constants: dict) -> Path:
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    outputs = [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])]
    graph = helper.make_graph(nodes, "standin", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
