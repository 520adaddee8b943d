"""The embedded face detector, trained on rendered people: for photographs where no other was fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.crop import Crop, apply, corners, ffhq_quad
from pipeline.core.types import Image
from pipeline.core.weights import load_state, locate, model_set
from pipeline.photo.face import Face
from pipeline.photo.overlap import merged

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.photo.pyramid_net import PyramidNet

STRIDE = 8
"""Side of the detector's cells, pixels."""

UNIT = 32.0
"""Pixels that its offsets and sizes are counted in."""

CROP = 96
"""Side of the crops in which points are placed, pixels."""

CROP_SHARE = 0.8
"""Side of these crops, share of the aligned square."""

_LOOK = 160  # longer side of a picture that is seen at once: the net knows faces 20 to 80 pixels wide
_SHORTEST, _MOST = 64, 1_500_000  # shorter side of the coarsest picture, pixels of the finest one that is searched
_LIKELY, _SURE = 0.5, 0.8  # least score of what is looked at again, and of a face
_LARGEST_SPREAD = 0.064  # mean of its points, shares of the crop's side: faces have 0.022 to 0.058, dogs 0.066 to 0.16
_MULTIPLE = 32  # that sides are padded to


class EmbeddedNet:
    """Finds faces in pictures of all sizes; for one thread.

    Args:
        detector: `PyramidNet` with 15 outputs for each cell of `STRIDE` pixels: logit of a face whose middle is there;
            from the cell's middle, in `UNIT`: offset of the box's middle; logarithms of the box's width and height in
            `UNIT`; offsets of the five points.
        points: `PyramidNet` with 5 outputs, see `placed`.
    """

    def __init__(self, detector: PyramidNet, points: PyramidNet) -> None:
        self._detector, self._points = detector, points

    def search(self, image: Image) -> Iterator[Face]:
        """Faces of all sizes in an RGB photo (H, W, 3), larger ones first; the same one may come more than once."""
        height, width = image.shape[:2]
        finest = min(1.0, (_MOST / (height * width)) ** 0.5)
        halvings = max(int(np.log2(max(finest * min(height, width) / _SHORTEST, 1.0))), 0)
        for halving in range(halvings, -1, -1):
            yield from self._seen(image, finest / 2**halving, _LIKELY)

    def look(self, image: Image) -> list[Face]:
        """Faces seen at once in an RGB picture (H, W, 3)."""
        scale = min(1.0, _LOOK / max(image.shape[:2]))
        faces = (self._placed(image, face) for face in self._seen(image, scale, _SURE))
        return [face for face in faces if face]

    def _placed(self, image: Image, face: Face) -> Face | None:
        """The face with the points that are placed in its crop; None where they have no clear place."""
        import cv2
        import torch

        quad = ffhq_quad(face.points)
        smaller = quad.mean(0) + CROP_SHARE * (quad - quad.mean(0))
        matrix = Crop(corners(smaller), image.shape[1], image.shape[0], CROP).to_photo()
        crop = cv2.warpAffine(image, matrix, (CROP, CROP), flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP)
        with torch.inference_mode():
            maps = self._points(_batch(np.asarray(crop)))
            points = placed(maps)[0].numpy().astype(np.float64)
            if float(spread(maps).mean()) > _LARGEST_SPREAD:
                return None
        return replace(face, points=apply(matrix, CROP * points - 0.5))

    def _seen(self, image: Image, scale: float, least: float) -> list[Face]:
        import torch

        small = _resized(image, scale)
        height, width = small.shape[:2]
        padded = np.pad(small, ((0, -height % _MULTIPLE), (0, -width % _MULTIPLE), (0, 0)))
        with torch.inference_mode():
            values = self._detector(_batch(padded))[0].numpy()
        scores = 1 / (1 + np.exp(-values[0].astype(np.float64)))
        rows, columns = np.nonzero(scores >= least)
        boxes = values[1:, rows, columns].T.reshape(-1, 7, 2).astype(np.float64)
        boxes[:, 1] = np.exp(boxes[:, 1])
        boxes *= UNIT
        boxes[:, [0, *range(2, 7)]] += ((np.stack([columns, rows], 1) + 0.5) * STRIDE)[:, None]
        back = np.array([image.shape[1] / width, image.shape[0] / height])
        return [_face(box * back, score) for box, score in merged(boxes, scores[rows, columns])]


def open_embedded_net() -> EmbeddedNet:
    """The embedded detector."""
    from pipeline.photo.pyramid_net import PyramidNet

    models = model_set("faces-demo")

    def opened(role: str) -> PyramidNet:
        net = PyramidNet(**models.files[role].config).eval()
        net.load_state_dict(load_state(locate(models, role)))
        return net

    return EmbeddedNet(opened("detector"), opened("points"))


def placed(maps: Tensor) -> Tensor:
    """Means of the places in maps of logits (B, n, h, w): (B, n, 2), x and y in shares of the sides.

    Sun et al., "Integral Human Pose Regression" (ECCV 2018).
    """
    import torch

    return torch.stack([(share * place).sum(2) for share, place in _along(maps)], 2)


def spread(maps: Tensor) -> Tensor:
    """Standard deviations of the places in maps of logits (B, n, h, w): (B, n), in shares of the sides."""
    import torch

    squares = ((share * (place - (share * place).sum(2, keepdim=True)) ** 2).sum(2) for share, place in _along(maps))
    return torch.sqrt(sum(squares, torch.zeros(())))


def _along(maps: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The share (B, n, cells) of each place along x and along y, and where it lies (cells,), in shares of the side."""
    import torch

    height, width = maps.shape[2:]
    shares = maps.flatten(2).softmax(2).view_as(maps)
    places = ((torch.arange(cells, device=maps.device) + 0.5) / cells for cells in (width, height))
    return list(zip((shares.sum(2), shares.sum(3)), places, strict=True))


def _batch(image: Image) -> Tensor:
    import torch

    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1


def _face(box: Any, score: float) -> Face:
    """From middle, size and five points; the net counts from the upper left corner of the first pixel."""
    left, top = box[0] - box[1] / 2
    return Face((float(left), float(top), float(box[1, 0]), float(box[1, 1])), score, box[2:] - 0.5)


def _resized(image: Image, scale: float) -> Image:
    import cv2

    if scale == 1.0:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
