"""YuNet: faces and five points in each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.opencv_nets import quiet
from pipeline.photo.tiles import is_panorama, shifted, tiles

_SIDES = (640, 1920)  # what the detector is shown: it finds faces whose square is a fifteenth of that, and larger ones


class YuNet:
    """YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023) as OpenCV runs it; for one thread."""

    def __init__(self, path: Path, score: float = 0.6) -> None:
        import cv2

        with quiet():
            self._net: Any = cv2.FaceDetectorYN.create(str(path), "", (320, 320), score)

    def search(self, image: Image) -> Iterator[Face]:
        """Faces of all sizes in an RGB photo (H, W, 3); the same one may come more than once."""
        for side in _SIDES:
            scale = min(side / max(image.shape[:2]), 1.0)
            yield from self.look(_resized(image, scale), 1 / scale)
            if scale == 1.0:
                return
        if is_panorama(image):
            for tile, left, top in tiles(image, min(image.shape[:2])):
                scale = min(_SIDES[0] / len(tile), 1.0)
                for face in self.look(_resized(tile, scale), 1 / scale):
                    yield shifted(face, left, top)

    def look(self, image: Image, scale: float = 1.0) -> list[Face]:
        """Faces seen at once in an RGB picture (H, W, 3); their places are multiplied by `scale`."""
        height, width = image.shape[:2]
        with quiet():
            self._net.setInputSize((width, height))
            rows = self._net.detect(np.ascontiguousarray(image[..., ::-1]))[1]
        return [_face(row.astype(np.float64), scale) for row in (() if rows is None else rows)]


def _face(row: Any, scale: float) -> Face:
    """A row of the detector: box, points, score."""
    x, y, width, height = (float(value) for value in row[:4] * scale)
    return Face((x, y, width, height), float(row[14]), row[4:14].reshape(5, 2) * scale)


def _resized(image: Image, scale: float) -> Image:
    import cv2

    if scale == 1.0:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
