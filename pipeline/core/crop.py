"""Crop geometry: the square of an aligned face in its photo, maps between the two, and the cut-out pixels.

Points are (x, y) in pixels; integers are pixel centres, so (0, 0) is the centre of the upper left pixel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.core.types import Floats, Image

Points = NDArray[np.float64]

SIZE = 1024
"""Side of FFHQ's images, pixels."""

FFHQ_512 = np.array(
    [
        [0.37691676, 0.46864664],
        [0.62285697, 0.46912813],
        [0.50123859, 0.61331904],
        [0.39308822, 0.72541100],
        [0.61150205, 0.72490465],
    ]
)
"""Mean positions of the five points in FFHQ, as shares of the side: the template of face restorers at 512."""


@dataclass(frozen=True)
class Window:
    """Preparation of a photo for the warp, as in FFHQ's alignment script; lengths in pixels.

    Attributes:
        shrink: Integer factor by which the photo is reduced; 0 and 1 leave its size.
        shrunk: Width and height after that.
        border: Width of the border kept around the quad.
        box: Left, top, right and bottom of the area that is read.
        pad_needed: Missing pixels at these four sides.
        pad: Mirrored pixels at these four sides; None without mirroring.
        blur: Sigma of the blur that hides the mirroring.
        quad: Corners (4, 2) in the prepared photo.
        size: Width and height of the prepared photo.
    """

    shrink: int
    shrunk: tuple[int, int]
    border: int
    box: tuple[int, int, int, int]
    pad_needed: tuple[int, int, int, int]
    pad: tuple[int, int, int, int] | None
    blur: float
    quad: Points
    size: tuple[int, int]


@dataclass(frozen=True)
class Crop:
    """A square of a photo at any angle and scale.

    Attributes:
        quad: Corners in the photo: upper left, lower left, lower right, upper right.
        width: Width of the photo, pixels.
        height: Height of the photo, pixels.
        size: Side of the aligned image, pixels.
    """

    quad: tuple[tuple[float, float], ...]
    width: int
    height: int
    size: int = SIZE

    @property
    def side(self) -> float:
        """Side of the square in pixels of the photo."""
        (x0, y0), (x1, y1) = self.quad[:2]
        return float(np.hypot(x1 - x0, y1 - y0))

    def to_photo(self, size: int | None = None) -> Points:
        """Affine map (2, 3) from pixels of the aligned image at side `size` to pixels of the photo."""
        quad = np.asarray(self.quad)
        steps = np.stack([quad[3] - quad[0], quad[1] - quad[0]], 1) / (size or self.size)
        return np.column_stack([steps, quad[0] + steps @ [0.5, 0.5]])

    def to_crop(self, size: int | None = None) -> Points:
        """Affine map (2, 3) from pixels of the photo to pixels of the aligned image: the inverse of `to_photo`."""
        matrix = self.to_photo(size)
        turn = np.linalg.inv(matrix[:, :2])
        return np.column_stack([turn, -turn @ matrix[:, 2]])

    def validity(self) -> NDArray[np.bool_]:
        """Mask (size, size) of the aligned image: pixels of the photo, as opposed to its mirrored surroundings."""
        places = np.arange(self.size)
        x, y = apply(self.to_photo(), np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)).T
        inside = (x >= -0.5) & (x <= self.width - 0.5) & (y >= -0.5) & (y <= self.height - 0.5)
        return inside.reshape(self.size, self.size)

    def window(self) -> Window:
        """Shrinking, cropping and padding of FFHQ's script for this quad and size."""
        quad, side, size = np.asarray(self.quad), self.side, (self.width, self.height)
        shrink = int(np.floor(side / self.size * 0.5))
        if shrink > 1:
            size = int(np.rint(size[0] / shrink)), int(np.rint(size[1] / shrink))
            quad, side = quad / shrink, side / shrink
        border = max(int(np.rint(side * 0.1)), 3)
        left, top, right, bottom = _extent(quad)
        box = max(left - border, 0), max(top - border, 0), min(right + border, size[0]), min(bottom + border, size[1])
        shrunk, size, quad = size, (box[2] - box[0], box[3] - box[1]), quad - box[:2]
        left, top, right, bottom = _extent(quad)
        needed = tuple(max(n + border, 0) for n in (-left, -top, right - size[0], bottom - size[1]))
        pad = None
        if max(needed) > border - 4:
            pad = tuple(max(n, int(np.rint(side * 0.3))) for n in needed)
            size = size[0] + pad[0] + pad[2], size[1] + pad[1] + pad[3]
            quad = quad + pad[:2]
        return Window(shrink, shrunk, border, box, needed, pad, side * 0.02, quad, size)  # type: ignore[arg-type]


def five_of_ibug(points: NDArray[Any]) -> NDArray[Any]:
    """Means of the eyes' contours, tip of the nose, corners of the mouth (..., 5, k) of iBUG's points (..., 68+, k)."""
    left, right = (points[..., rows, :].mean(-2) for rows in (slice(36, 42), slice(42, 48)))
    return np.stack([left, right, *(points[..., row, :] for row in (30, 48, 54))], -2)


def ffhq_quad(points: ArrayLike) -> Points:
    """Corners (4, 2) of FFHQ's square for a face: upper left, lower left, lower right, upper right.

    The formula is that of Karras et al., "A Style-Based Generator Architecture for GANs" (2019), appendix A, which
    takes the eyes' centres and mouth corners from 68 landmarks.

    Args:
        points: (5, 2) centres of the eyes, tip of the nose (not used), corners of the mouth; each from left to right.
    """
    eye_left, eye_right, _, mouth_left, mouth_right = np.asarray(points, np.float64)
    eyes, across = (eye_left + eye_right) * 0.5, eye_right - eye_left
    down = (mouth_left + mouth_right) * 0.5 - eyes
    x = across - down[::-1] * [-1, 1]
    x /= np.hypot(*x)
    x *= max(np.hypot(*across) * 2.0, np.hypot(*down) * 1.8)
    y = x[::-1] * [-1, 1]
    centre = eyes + down * 0.1
    return np.stack([centre - x - y, centre - x + y, centre + x + y, centre + x - y])


def template_quad(points: ArrayLike, template: ArrayLike = FFHQ_512, size: int = 512) -> Points:
    """Corners (4, 2), as of `ffhq_quad`, of the square in which the five points fit a template best.

    Least squares over rotation, scale and translation (Umeyama, 1991).

    Args:
        points: (5, 2) as of `ffhq_quad`.
        template: (5, 2) in shares of the side: t is pixel t * size of the aligned image.
        size: Side of the aligned image, pixels.
    """
    source, target = np.asarray(points, np.float64), np.asarray(template, np.float64) * size
    rows = [[[x, -y, 1, 0], [y, x, 0, 1]] for x, y in target]
    a, b, dx, dy = np.linalg.lstsq(np.reshape(rows, (-1, 4)), source.reshape(-1), rcond=None)[0]
    edges = np.array([[0, 0], [0, size], [size, size], [size, 0]]) - 0.5
    return apply(np.array([[a, -b, dx], [b, a, dy]]), edges)


def corners(quad: Points) -> tuple[tuple[float, float], ...]:
    """A quad (4, 2) as tuples, the form in `Crop`."""
    return tuple((float(x), float(y)) for x, y in quad)


def apply(matrix: Points, points: ArrayLike) -> Points:
    """Points (n, 2) mapped by an affine matrix (2, 3)."""
    return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def cut(photo: Image, crop: Crop) -> Image:
    """The aligned image, uint8 (size, size, 3): beyond its edge the photo is mirrored, blurred and faded out.

    Filters as in FFHQ's script: bilinear at four times the size, then Lanczos.
    """
    from PIL import Image as pillow

    window = crop.window()
    picture = pillow.fromarray(photo)
    if window.shrink > 1:
        picture = picture.resize(window.shrunk, pillow.Resampling.LANCZOS)
    picture = picture.crop(window.box)
    if window.pad is not None:
        picture = pillow.fromarray(_padded(np.asarray(picture), window.pad, window.blur))
    data: Any = (window.quad + 0.5).flatten().tolist()
    wide = (4 * crop.size, 4 * crop.size)
    picture = picture.transform(wide, pillow.Transform.QUAD, data, pillow.Resampling.BILINEAR)
    return np.array(picture.resize((crop.size, crop.size), pillow.Resampling.LANCZOS))


def _extent(quad: Points) -> tuple[int, int, int, int]:
    (left, top), (right, bottom) = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _padded(image: Image, pad: tuple[int, int, int, int], blur: float) -> Image:
    left, top, right, bottom = pad
    wide = np.pad(image.astype(np.float32), ((top, bottom), (left, right), (0, 0)), "reflect")
    height, width = wide.shape[:2]
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    # 0 at the photo's edge, 1 at the padding's; the blur begins a third of the padding's width inside the photo.
    beside = np.maximum(1 - x / left, 1 - (width - 1 - x) / right)
    beyond = np.maximum(1 - y / top, 1 - (height - 1 - y) / bottom)
    mask = np.maximum(beside, beyond)[:, :, None]
    wide += (_blurred(wide, blur) - wide) * np.clip(mask * 3 + 1, 0, 1)
    wide += (np.median(wide, axis=(0, 1)) - wide) * np.clip(mask, 0, 1)
    return np.clip(np.rint(wide), 0, 255).astype(np.uint8)


def _blurred(image: Floats, sigma: float) -> Floats:
    """Gaussian blur; a wide one at reduced size, which is hundreds of times faster and looks the same."""
    import cv2

    height, width = image.shape[:2]
    factor = max(int(sigma / 5), 1)
    small = cv2.resize(image, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA)
    taps = 2 * int(4 * sigma / factor + 0.5) + 1
    small = cv2.GaussianBlur(small, (taps, taps), sigma / factor, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
