"""Domains: areas of an aligned face that an attribute may change, drawn from shapes at any size."""

from functools import lru_cache

import numpy as np

from pipeline.core.attributes import Shape, known_attributes
from pipeline.core.types import Floats
from postprocess.masks import Mask, distance_to

Domains = tuple[tuple[Shape, ...] | None, ...]


def domain_distance(codes: tuple[str, ...], height: int, width: int) -> Floats:
    """Distance in pixels to the union of the codes' domains, float32 (height, width), read-only.

    The domain is the whole image for a code without a domain, and for an edit without codes.
    """
    known = known_attributes()
    return _distance(tuple(known[code].domain if code in known else None for code in codes), height, width)


@lru_cache(maxsize=64)
def _distance(domains: Domains, height: int, width: int) -> Floats:
    distance = distance_to(_union(domains, height, width))
    distance.flags.writeable = False
    return distance


def draw(shape: Shape, height: int, width: int) -> Mask:
    """Pixels whose centre lies in the shape, (height, width)."""
    y, x = np.ogrid[0:height, 0:width]
    x, y = (2 * x + 1) / width - 1, (2 * y + 1) / height - 1
    drawn = _contains(shape, x, y)
    return drawn | _contains(shape, -x, y) if shape.mirror else drawn


def _contains(shape: Shape, x: np.ndarray, y: np.ndarray) -> Mask:
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.bool_)
    if shape.ellipse is not None:
        cx, cy, rx, ry = shape.ellipse
        inside |= ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
    crossed = np.zeros_like(inside)
    for (x0, y0), (x1, y1) in zip(shape.polygon, shape.polygon[1:] + shape.polygon[:1], strict=True):
        if y0 != y1:  # even-odd rule: count the edges that a ray to the right crosses
            crossed ^= ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside | crossed


def _union(domains: Domains, height: int, width: int) -> Mask:
    region = np.full((height, width), not domains or None in domains)
    for shapes in domains:
        for shape in shapes or ():
            region |= draw(shape, height, width)
    return region
