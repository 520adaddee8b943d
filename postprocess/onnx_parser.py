"""Small face parser for LaPa's 11 classes by ONNX Runtime, without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from pipeline.core.errors import MissingWeights
from pipeline.core.images import resize
from pipeline.core.tensors import UNIT, to_array
from pipeline.core.types import Image
from postprocess.labels import LAPA, Labels


class OnnxParser:
    """ONNX net, RGB in 0..1 (1, 3, size, size) -> logits (1, 11, size, size), with its preprocessing."""

    def __init__(self, session: Any, input_size: int) -> None:
        self._session, self.input_size = session, input_size
        self._input = session.get_inputs()[0].name

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any]) -> Self:
        """From an ONNX file on the CPU; `config` holds input_size. Raises MissingWeights for any other file."""
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        try:
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise MissingWeights(f"{path} cannot be read as an ONNX model: put a good copy in its place.") from error
        if [output.shape[1:2] for output in session.get_outputs()] != [[len(LAPA)]]:
            raise MissingWeights(f"{path} is not a parser of {len(LAPA)} classes: put the declared file in its place.")
        return cls(session, int(config["input_size"]))

    def parse(self, image: Image) -> Labels:
        """Classes of LAPA, uint8 (H, W), of a uint8 (H, W, 3) RGB image of a face, preferably an aligned crop.

        The image is resized to the net's square; enlarged logits give smoother outlines than enlarged labels.
        """
        import cv2

        height, width = image.shape[:2]
        (logits,) = self._session.run(None, {self._input: to_array(resize(image, self.input_size), UNIT)})
        best = np.full((height, width), -np.inf, np.float32)
        labels = np.zeros((height, width), np.uint8)
        for label, plane in enumerate(logits[0].astype(np.float32)):
            large = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
            labels[large > best] = label
            np.maximum(best, large, out=best)
        return labels
