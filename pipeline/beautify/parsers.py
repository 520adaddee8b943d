"""Face parsers of the retouching."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.core.model_sets import net_for_photographs
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set, state

Parse = Callable[[Image], NDArray[np.uint8]]
"""RGB uint8 (H, W, 3) to the 11 classes of LaPa, uint8 (H, W)."""

EMBEDDED = "demo"
"""Model set of the embedded parser."""


def best_parser() -> str:
    """Model set of the parser for photographs if it was fetched, else of the embedded one."""
    net = net_for_photographs("parser")
    return net.models if state(model_set(net.models), net.role) == "here" else EMBEDDED


def open_parser(name: str, device: str = "auto") -> Parse:
    """Open the parser of a model set, of 19 or 11 classes; raises MissingWeights if there is none or it is not here."""
    declared = model_set(name)
    path = locate(declared, "parser")
    if path.suffix == ".onnx":
        from postprocess.onnx_parser import OnnxParser

        return OnnxParser.open(path, declared.files["parser"].config).parse
    from pipeline.models import Models
    from postprocess.labels import to_lapa

    parser = Models(name, device).parser
    return lambda image: to_lapa(parser.labels([image])[0])
