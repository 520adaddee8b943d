"""ONNX models of a parser in three precisions: fp32, fp16, and int8 by static quantisation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from pipeline.core.files import write_atomic
from pipeline.core.tensors import UNIT, to_array
from pipeline.core.types import Image

INPUT, OUTPUT = "image", "logits"


def exported(net: nn.Module, example: Tensor, first: str, last: str, **options: Any) -> Any:
    """ONNX model of a net in evaluation mode, traced on an example.

    Args:
        first: Name of the input.
        last: Name of the output.
        **options: Further arguments of `torch.onnx.export`.
    """
    names: Any = {"input_names": [first], "output_names": [last]}
    program = torch.onnx.export(net.cpu().eval(), (example,), **names, dynamo=True, verbose=False, **options)
    assert program is not None
    return onnx.ModelProto.FromString(program.model_proto.SerializeToString())


def forget_origin(model: Any) -> Any:
    """The model, changed in place, without the exporter's stack traces, which hold paths of the machine."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    return model


def write_model(path: Path, model: Any, metadata: Mapping[str, str]) -> None:
    """Check an ONNX model and write it with its metadata."""
    onnx.checker.check_model(model)
    onnx.helper.set_model_props(model, metadata)
    write_atomic(path, model.SerializeToString(deterministic=True))


def to_onnx(net: nn.Module, size: int) -> Any:
    """ONNX model of a parser: RGB in 0..1 (1, 3, size, size) to logits (1, 11, size, size)."""
    return forget_origin(exported(net, torch.zeros(1, 3, size, size), INPUT, OUTPUT))


def to_half(model: Any) -> Any:
    """The model with weights and arithmetic in half precision; input and output stay float32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _separate_sizes(copy.graph)
    half = OnnxModel(convert_float_to_float16(copy, keep_io_types=True))
    half.topological_sort()  # the casts of input and output come last
    return half.model


def to_int8(model: Any, images: Image) -> Any:
    """The model with weights and activations of 8 bits (QDQ), the activations calibrated on images (N, H, W, 3).

    Weights have a scale per output channel: those of depthwise convolutions differ too much for one.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """The inputs of the net, one by one."""

        def __init__(self) -> None:
            self._inputs: Iterator[Mapping[str, np.ndarray]] = ({INPUT: to_array(image, UNIT)} for image in images)

        def get_next(self) -> Mapping[str, np.ndarray] | None:
            return next(self._inputs, None)

    with tempfile.TemporaryDirectory() as folder:
        single, prepared, quantised = (Path(folder) / f"{name}.onnx" for name in ("single", "prepared", "int8"))
        onnx.save(model, single)
        quant_pre_process(single, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantised,
            Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(quantised)


def _separate_sizes(graph: Any) -> None:
    """Copy constants shared by Resize nodes: the conversion would cast them twice under one name."""
    constants, taken = {tensor.name: tensor for tensor in graph.initializer}, set()
    for number, node in enumerate(node for node in graph.node if node.op_type == "Resize"):
        for i, name in enumerate(node.input):
            if name in taken:
                separate = graph.initializer.add()
                separate.CopyFrom(constants[name])
                separate.name = node.input[i] = f"{name}.{number}"
            elif name in constants:
                taken.add(name)
