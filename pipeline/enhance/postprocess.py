"""Third service: enhanced faces pasted back; all other pixels keep their exact values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.core.crop import Crop, apply, corners
from pipeline.core.types import Floats, Image
from pipeline.photo.paste import own_part

Placed = tuple[Image, Floats, NDArray[np.float64]]
"""A face: its image (S, S, 3), mask (S, S), and matrix (2, 3) from pixels of the photo to the image."""


def separate(faces: Sequence[Placed], width: int, height: int) -> list[Placed]:
    """The faces of a photo with masks that do not overlap: each pixel is that of the nearest face, see `own_part`."""
    crops = [_crop(matrix, len(mask), width, height) for _, mask, matrix in faces]
    parts = [own_part(crop, crops) for crop in crops]
    return [
        (picture, mask if part is None else mask * part, matrix)
        for (picture, mask, matrix), part in zip(faces, parts, strict=True)
    ]


def postprocess(image: Image, faces: Sequence[Placed], blend: ArrayLike = 0.8) -> tuple[Image, Floats]:
    """Paste faces into a copy of the photo.

    Args:
        image: uint8 (H, W, 3).
        faces: Pasted one after the other.
        blend: Weight of the pasted face, 0..1, or one for each face: blend * pasted + (1 - blend) * photo.

    Returns:
        uint8 (H, W, 3), and the mask of all faces, float32 (H, W) in 0..1.
    """
    import cv2

    result = image.copy()
    covered = np.zeros(image.shape[:2], np.float32)
    for (picture, mask, matrix), weight in zip(faces, np.broadcast_to(blend, len(faces)).tolist(), strict=True):
        area = _area(matrix, len(mask), image.shape)
        if area is None:
            continue
        rows, columns = area
        pasted, inside = paste(result[rows, columns], picture, mask, _relative_to(matrix, rows, columns))
        result[rows, columns] = cv2.addWeighted(pasted, weight, result[rows, columns], 1 - weight, 0)
        covered[rows, columns] = np.maximum(covered[rows, columns], inside)
    return result, covered


def paste(image: Image, picture: Image, mask: Floats, matrix: NDArray[np.float64]) -> tuple[Image, Floats]:
    """mask * picture + (1 - mask) * image, with mask and picture warped by the inverse matrix; and the warped mask."""
    import cv2

    place, inverse = (image.shape[1], image.shape[0]), cv2.invertAffineTransform(matrix)
    inside = np.clip(cv2.warpAffine(mask, inverse, place), 0, 1).astype(np.float32)
    warped = cv2.warpAffine(picture, inverse, place, borderMode=cv2.BORDER_REPLICATE)
    weight = inside[:, :, None]
    return np.rint(weight * warped + (1 - weight) * image).astype(np.uint8), inside


def _crop(matrix: NDArray[np.float64], size: int, width: int, height: int) -> Crop:
    import cv2

    square = np.array([[0, 0], [0, size], [size, size], [size, 0]]) - 0.5
    return Crop(corners(apply(cv2.invertAffineTransform(matrix), square)), width, height, size)


def _area(matrix: NDArray[np.float64], size: int, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """Rows and columns of the photo that the warped picture covers, or None."""
    import cv2

    inverse = cv2.invertAffineTransform(matrix)
    square = np.array([[-1, -1], [size, -1], [size, size], [-1, size]], np.float64)
    corners = square @ inverse[:, :2].T + inverse[:, 2]
    left, top = np.maximum(np.floor(corners.min(0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (shape[1], shape[0]))
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right)


def _relative_to(matrix: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.float64]:
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ [columns.start, rows.start]
    return moved
