"""`face-edit train demo onnx`: the restorer and the occluder as ONNX files, with the inputs of the public ones.

Weights are stored in half precision, as everywhere in the tree, and become single precision when a session opens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.files import write_atomic
from pipeline.training.lapa.onnx_files import forget_origin

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

OPSET = 18
_SMALLEST = 64  # numbers in a tensor that is worth a cast


class RestorerGraph(nn.Module):
    """A net of 0..1 as GFPGAN's ONNX files have it: `input` (1, 3, S, S) in -1..1 to `output`.

    halved: whether it is one for `at_half_size`
    """

    def __init__(self, net: nn.Module, halved: bool) -> None:
        super().__init__()
        self.net, self.halved = net, halved

    def forward(self, x: Tensor) -> Tensor:
        from postprocess.restoration import at_half_size

        x = x * 0.5 + 0.5
        result: Tensor = at_half_size(self.net, x) if self.halved else self.net(x)
        return result * 2 - 1


class OccluderGraph(nn.Module):
    """A net of logits as dfl_xseg.onnx has it: `in_face:0` (1, S, S, 3), BGR in 0..1, to `out_mask:0` (1, S, S, 1)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.net(x.flip(3).permute(0, 3, 1, 2))
        return result.sigmoid().permute(0, 2, 3, 1)


def export(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Write both files to where model set `enhancer-demo` declares them, from the weights in the tree."""
    from pipeline.core.weights import expected_path, model_set

    files = model_set("enhancer-demo").files
    for role, make in (("restorer", export_restorer), ("occluder", export_occluder)):
        target, source = expected_path(files[role]), str(files[role].config["of"])
        make(context.target(source), context.config(source), target)


def export_restorer(weights: Path, config: Mapping[str, Any], target: Path) -> None:
    """A restorer that spandrel knows, for crops of `input_size` pixels in config, else of 256."""
    from postprocess.restoration import open_net

    side, descriptor = int(config.get("input_size", 256)), open_net(weights)
    graph = RestorerGraph(descriptor.model.float(), halved=descriptor.input_channels == 12)
    write_onnx(graph, torch.zeros(1, 3, side, side), "input", "output", target, weights)


def export_occluder(weights: Path, config: Mapping[str, Any], target: Path) -> None:
    """The occluder, for crops of its `input_size`."""
    from pipeline.core.weights import load_state
    from postprocess.nets.occluder import OccluderNet

    options = dict(config)
    side = int(options.pop("input_size"))
    net = OccluderNet(**options).eval()
    net.load_state_dict(load_state(weights))
    write_onnx(OccluderGraph(net), torch.zeros(1, side, side, 3), "in_face:0", "out_mask:0", target, weights)


def write_onnx(graph: nn.Module, example: Tensor, first: str, last: str, target: Path, weights: Path) -> None:
    """Write a module as ONNX, its weights in half precision, with the metadata of the weights it was made from."""
    import onnx

    from pipeline.core.weights import read_metadata

    program = torch.onnx.export(
        graph.eval(),
        (example,),
        input_names=[first],
        output_names=[last],
        opset_version=OPSET,
        dynamo=True,
        optimize=False,  # it would fold weights into others, which half precision then cannot hold exactly
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    _halve(model)
    forget_origin(model)
    del model.graph.value_info[:]
    metadata = {key: value for key, value in read_metadata(weights).items() if key != "format"}
    onnx.helper.set_model_props(model, {"made_from": weights.name, **metadata})
    onnx.checker.check_model(model)
    write_atomic(target, model.SerializeToString(deterministic=True))


def _halve(model: Any) -> None:
    """Store float32 weights as float16 with a cast; a session folds the casts when it opens."""
    import onnx
    from onnx import numpy_helper

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
