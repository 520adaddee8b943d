"""BlazeFace: faces and six points in each, for photos where YuNet was not fetched."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.crop import FFHQ_512
from pipeline.core.types import Floats, Image
from pipeline.photo.face import Face
from pipeline.photo.opencv_nets import TfliteNet, square_map, warped
from pipeline.photo.overlap import merged
from pipeline.photo.tiles import shifted, tiles

_SIZE = 128  # of the picture that the net takes, pixels
_CELLS = ((16, 2), (8, 6))  # cells along a side of the net's two grids, anchors in each cell
_SMALLEST_TILE = 1 / 4  # of the photo's longer side: a face whose square is a fifteenth of that is seen


class BlazeFace:
    """The short-range net of MediaPipe (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
    GPUs", 2019); for one thread."""

    def __init__(self, path: Path, score: float = 0.5) -> None:
        self._net = TfliteNet(path, "regressors", "classificators", low=-1.0)
        self._score = score

    def search(self, image: Image) -> Iterator[Face]:
        """Faces of all sizes in an RGB photo (H, W, 3): in all of it, then in tiles for those too small to be seen
        there. The same face may come more than once."""
        height, width = image.shape[:2]
        side, longer = max(height, width), max(height, width)
        while side == longer or side >= max(min(_SMALLEST_TILE * longer, min(height, width) / 2), _SIZE):
            for tile, left, top in tiles(image, side):
                for face in self.look(tile):
                    yield shifted(face, left, top)
            side //= 2

    def look(self, image: Image) -> list[Face]:
        """Faces seen at once in an RGB picture (H, W, 3); corners of the mouth are guessed from its middle."""
        return [_face(box, score) for box, score in self.boxes(image)]

    def boxes(self, image: Image) -> list[tuple[Floats, float]]:
        """What the net finds in an RGB picture (H, W, 3).

        Returns:
            For each face, the best first, eight pairs (x, y) and the score, 0..1: the box's middle and size, the eyes
            from left to right in the picture, tip of the nose, mouth, ears from left to right; pixels.
        """
        height, width = image.shape[:2]
        side = max(height, width)
        matrix = square_map((width / 2, height / 2), side, 0.0, _SIZE)
        values, logits = self._net(warped(image, matrix, _SIZE, repeat=False))
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -100, 100)))
        seen = scores >= self._score
        boxes = values[0].reshape(-1, 8, 2).astype(np.float64)[seen] / _SIZE
        boxes[:, [0, *range(2, 8)]] += _anchors()[seen, None]
        found = []
        for mean, score in merged(boxes, scores[seen]):
            box = mean * side
            box[[0, *range(2, 8)]] += matrix[:, 2]
            found.append((box, score))
        return found


def _face(box: Any, score: float) -> Face:
    left, top = box[0] - box[1] / 2
    eyes, nose, mouth = box[2:4], box[4], box[5]
    # Half the width of a mouth, as a share of the distance of the eyes, is that of FFHQ's mean face.
    half = (eyes[1] - eyes[0]) * (FFHQ_512[4, 0] - FFHQ_512[3, 0]) / (FFHQ_512[1, 0] - FFHQ_512[0, 0]) / 2
    points = np.stack([*eyes, nose, mouth - half, mouth + half])
    return Face((float(left), float(top), float(box[1, 0]), float(box[1, 1])), score, points)


@cache
def _anchors() -> Any:
    """Middles (896, 2) of the cells that the net's boxes are relative to, share of the side."""
    grids = []
    for cells, each in _CELLS:
        places = (np.arange(cells) + 0.5) / cells
        grids.append(np.repeat(np.stack(np.meshgrid(places, places), -1).reshape(-1, 2), each, 0))
    return np.concatenate(grids)
