"""Restorer and occluder as ONNX files with the inputs and outputs of the public ones.

Weights are stored in half precision, like all weights in the tree; sessions convert them to single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from pipeline.core.weights import expected_path, load_state, model_set, read_metadata
from pipeline.training.context import TrainingContext
from pipeline.training.lapa.onnx_files import exported, forget_origin, write_model
from postprocess.nets.occlusion import OcclusionNet
from postprocess.restoration import at_half_size, open_net

OPSET = 18
_SMALLEST = 64  # elements of the smallest tensor stored in half precision


class RestorerGraph(nn.Module):
    """A net on images in 0..1 with the interface of GFPGAN's ONNX files: `input` (1, 3, S, S) in -1..1 to `output`.

    Args:
        net: The net.
        halved: Whether it runs in `at_half_size`.
    """

    def __init__(self, net: nn.Module, halved: bool) -> None:
        super().__init__()
        self.net, self.halved = net, halved

    def forward(self, x: Tensor) -> Tensor:
        x = x * 0.5 + 0.5
        result: Tensor = at_half_size(self.net, x) if self.halved else self.net(x)
        return result * 2 - 1


class OccluderGraph(nn.Module):
    """A net of logits with the interface of dfl_xseg.onnx, all values in 0..1.

    BGR `in_face:0` (1, S, S, 3) to `out_mask:0` (1, S, S, 1).
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.net(x.flip(3).permute(0, 3, 1, 2))
        return result.sigmoid().permute(0, 2, 3, 1)


def export(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Write both files of the model set `enhancer-demo` from the weights in the tree."""
    files = model_set("enhancer-demo").files
    for role, make in (("restorer", export_restorer), ("occluder", export_occluder)):
        target, source = expected_path(files[role]), str(files[role].config["of"])
        make(context.target(source), context.config(source), target)


def export_restorer(weights: Path, config: Mapping[str, Any], target: Path) -> None:
    """Write a restorer that spandrel can open, for crops of `input_size` pixels in its config, 256 by default."""
    side, descriptor = int(config.get("input_size", 256)), open_net(weights)
    graph = RestorerGraph(descriptor.model.float(), halved=descriptor.input_channels == 12)
    write_onnx(graph, torch.zeros(1, 3, side, side), "input", "output", target, weights)


def export_occluder(weights: Path, config: Mapping[str, Any], target: Path) -> None:
    """Write an occluder, for crops of the `input_size` in its config."""
    options = dict(config)
    side = int(options.pop("input_size"))
    net = OcclusionNet(**options).eval()
    net.load_state_dict(load_state(weights))
    write_onnx(OccluderGraph(net), torch.zeros(1, side, side, 3), "in_face:0", "out_mask:0", target, weights)


def write_onnx(graph: nn.Module, example: Tensor, first: str, last: str, target: Path, weights: Path) -> None:
    """Write a module as ONNX, its weights in half precision; arguments as those of `exported`.

    Args:
        target: File to write.
        weights: File of the module's weights, whose name and metadata are copied.
    """
    # Optimising would fold weights into products that half precision does not hold exactly.
    model = exported(graph, example, first, last, opset_version=OPSET, optimize=False)
    _halve(model)
    forget_origin(model)
    del model.graph.value_info[:]
    metadata = {key: value for key, value in sorted(read_metadata(weights).items()) if key != "format"}
    write_model(target, model, {"made_from": weights.name, **metadata})


def _halve(model: Any) -> None:
    """Store float32 weights as float16 with a cast; a session folds the casts when it opens."""
    casts = []
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < _SMALLEST:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
