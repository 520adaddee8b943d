"""Small nets as OpenCV runs them, without torch; each is for one thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.model_sets import net_for_photographs
from pipeline.core.types import Floats, Image
from pipeline.core.weights import locate, model_set, state


def is_fetched(task: str) -> bool:
    """Whether a file is in the place of the net for photographs that does a task."""
    net = net_for_photographs(task)
    return state(model_set(net.models), net.role) != "missing"


def net_file(task: str) -> Path:
    """File of the net for photographs that does a task; MissingWeights, naming what fetches it, if absent."""
    net = net_for_photographs(task)
    return locate(model_set(net.models), net.role)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV from telling the user about its backends."""
    import cv2

    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


class TfliteNet:
    """A TensorFlow Lite net that takes one picture.

    Args:
        path: The file.
        outputs: Names of the outputs that are wanted.
        low: What black is for the net; white is 1.
    """

    def __init__(self, path: Path, *outputs: str, low: float = 0.0) -> None:
        import cv2

        self._outputs, self._low = list(outputs), low
        # The other engine of OpenCV 5 gives only one of several outputs; OpenCV 4 has no choice.
        engine = [cv2.dnn.ENGINE_CLASSIC] if hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
        with quiet():
            self._net: Any = cv2.dnn.readNetFromTFLite(str(path), *engine)

    def __call__(self, image: Image) -> list[Floats]:
        """Outputs for an RGB picture of the net's size (side, side, 3), in the order of their names."""
        values = image.transpose(2, 0, 1)[None].astype(np.float32) * ((1 - self._low) / 255) + self._low
        with quiet():
            self._net.setInput(np.ascontiguousarray(values))
            return list(self._net.forward(self._outputs))


def square_map(centre: Any, side: float, angle: float, size: int) -> Any:
    """Affine map (2, 3) from pixels of a net's picture to pixels of the photo.

    Args:
        centre: Middle (x, y) of the square that the net sees, pixels of the photo.
        side: Side of the square, pixels of the photo.
        angle: Turn of its upper edge, radians.
        size: Side of the net's picture, pixels.
    """
    across = np.array([np.cos(angle), np.sin(angle)]) * side
    down = np.array([-across[1], across[0]])
    return np.column_stack([across / size, down / size, np.asarray(centre) - (across + down) / 2])


def warped(image: Image, matrix: Any, size: int, repeat: bool = True) -> Image:
    """The net's picture (size, size, 3) of a photo; beyond the photo's edge its pixels are repeated, else black."""
    import cv2

    border = cv2.BORDER_REPLICATE if repeat else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border), np.uint8)
