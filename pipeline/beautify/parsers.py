"""Face parsers of the retouching."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.core.model_sets import embedded_note, net_for_photographs
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set, state
from postprocess.labels import CelebAMask, Labels, Lapa, to_lapa

Parse = Callable[[Image], NDArray[np.uint8]]
"""RGB uint8 (H, W, 3) to the 11 classes of LaPa, uint8 (H, W); necks and ears may count as skin."""

_SKIN = (CelebAMask.NECK, CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR)
EMBEDDED = "demo"
"""Model set of the embedded parser."""


def best_parser() -> str:
    """Model set of the parser for photographs if it was fetched, else of the embedded one."""
    net = net_for_photographs("parser")
    return net.models if state(model_set(net.models), net.role) == "here" else EMBEDDED


def knows_photographs(name: str) -> bool:
    """Whether the parser of a model set is no embedded one; those only know rendered portraits."""
    return embedded_note("parser", name, "parser") is None


def open_parser(name: str, device: str = "auto") -> Parse:
    """Open the parser of a model set, of 19 or 11 classes; raises MissingWeights if there is none or it is not here."""
    declared = model_set(name)
    path = locate(declared, "parser")
    if path.suffix == ".onnx":
        from postprocess.onnx_parser import OnnxParser

        return OnnxParser.open(path, declared.files["parser"].config).parse
    from pipeline.models import Models

    parser = Models(name, device).parser
    return lambda image: _with_neck(parser.labels([image])[0])


def _with_neck(labels: Labels) -> Labels:
    """The 19 classes of CelebAMask-HQ to the 11 of LaPa, (H, W), with neck and ears as skin."""
    return np.where(np.isin(labels, _SKIN), np.uint8(Lapa.SKIN), to_lapa(labels))
