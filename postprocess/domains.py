"""Domains: where on an aligned face each attribute may change anything, drawn from shapes at any size."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files as package_files
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pipeline.core.types import Floats
from postprocess.masks import Mask, distance_to

Number = float
Point = tuple[Number, Number]


class Shape(BaseModel):
    """An ellipse (centre x, y, radius x, y) or a polygon in coordinates -1..1, optionally with its mirror image."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ellipse: tuple[Number, Number, Number, Number] | None = None
    polygon: tuple[Point, ...] = Field((), min_length=0)
    mirror: bool = False

    def draw(self, height: int, width: int) -> Mask:
        """Pixels whose centre lies in the shape, (height, width)."""
        y, x = np.ogrid[0:height, 0:width]
        x, y = (2 * x + 1) / width - 1, (2 * y + 1) / height - 1
        drawn = self._contains(x, y)
        return drawn | self._contains(-x, y) if self.mirror else drawn

    def _contains(self, x: np.ndarray, y: np.ndarray) -> Mask:
        inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.bool_)
        if self.ellipse is not None:
            cx, cy, rx, ry = self.ellipse
            inside |= ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
        crossed = np.zeros_like(inside)
        for (x0, y0), (x1, y1) in zip(self.polygon, self.polygon[1:] + self.polygon[:1], strict=True):
            if y0 != y1:  # even-odd rule: count the edges that a ray to the right crosses
                crossed ^= ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        return inside | crossed


@cache
def domains() -> Mapping[str, tuple[Shape, ...] | Literal["all"]]:
    """Shapes by attribute code, from configs/domains.yaml."""
    import yaml

    text = (package_files("configs") / "domains.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, tuple[Shape, ...] | Literal["all"]]).validate_python(yaml.safe_load(text))


@lru_cache(maxsize=64)
def domain_distance(codes: tuple[str, ...], height: int, width: int) -> Floats:
    """Distance in pixels to the union of the codes' domains, float32 (height, width), read-only.

    A code without a domain may change everything, and so may an edit without codes.
    """
    distance = distance_to(_union(codes, height, width))
    distance.flags.writeable = False
    return distance


def _union(codes: Iterable[str], height: int, width: int) -> Mask:
    chosen = [domains().get(code, "all") for code in codes]
    if not chosen or "all" in chosen:
        return np.ones((height, width), np.bool_)
    region = np.zeros((height, width), np.bool_)
    for shapes in chosen:
        for shape in shapes:
            assert isinstance(shape, Shape)
            region |= shape.draw(height, width)
    return region
