"""A parser as ONNX in three precisions: fp32, fp16, and int8 by static quantisation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.core.tensors import UNIT, to_array
from pipeline.training.lapa.cache import Array
from pipeline.training.lapa.nets import Parser

INPUT, OUTPUT = "image", "logits"
PRECISIONS = ("fp32", "fp16", "int8")


def to_onnx(net: Parser, size: int) -> Any:
    """ONNX model of a net in evaluation mode: RGB in 0..1 (1, 3, size, size) to logits (1, 11, size, size)."""
    import onnx

    program = torch.onnx.export(
        net.cpu().eval(),
        (torch.zeros(1, 3, size, size),),
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = onnx.ModelProto.FromString(program.model_proto.SerializeToString())
    forget_origin(model)
    return model


def to_half(model: Any) -> Any:
    """The model with weights and arithmetic in half precision; its input and output stay float32."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _give_own_sizes(copy.graph)
    half = OnnxModel(convert_float_to_float16(copy, keep_io_types=True))
    half.topological_sort()  # the casts of input and output come last
    return half.model


def to_int8(model: Any, images: Array) -> Any:
    """The model with weights and activations of 8 bits (QDQ), their ranges found on pictures (N, H, W, 3).

    Weights have a scale for each output channel: those of depthwise convolutions differ too much for one.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """The pictures, one by one, as the net takes them."""

        def __init__(self) -> None:
            self._rows: Iterator[Array] = iter(images)

        def get_next(self) -> Mapping[str, np.ndarray] | None:
            image = next(self._rows, None)
            return None if image is None else {INPUT: to_array(image, UNIT)}

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


def _give_own_sizes(graph: Any) -> None:
    """Let no two Resize nodes share a constant: the conversion would cast it twice under one name."""
    constants, taken = {tensor.name: tensor for tensor in graph.initializer}, set()
    for number, node in enumerate(node for node in graph.node if node.op_type == "Resize"):
        for i, name in enumerate(node.input):
            if name in taken:
                own = graph.initializer.add()
                own.CopyFrom(constants[name])
                own.name = node.input[i] = f"{name}.{number}"
            elif name in constants:
                taken.add(name)


def forget_origin(model: Any) -> None:
    """Drop what the exporter notes about where it ran: stack traces, with paths, at every node."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
