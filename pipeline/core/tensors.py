"""uint8 images to the batches that nets take, and back: resizing, scaling, normalisation.

torch is imported inside the functions, because ONNX Runtime's nets take numpy arrays and start without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.core.batch_sizes import IMAGES
from pipeline.core.images import resize
from pipeline.core.types import Floats, Image

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Normalisation:
    """The range a net takes: (pixel / 255 - mean) / std, for each channel of RGB.

    Attributes:
        mean: Subtracted from pixels in 0..1.
        std: Divisor after that.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def apply(self, x: Tensor) -> Tensor:
        """Pixels (B, 3, H, W) in 0..1 to what the net takes; differentiable."""
        return (x - x.new_tensor(self.mean).view(3, 1, 1)) / x.new_tensor(self.std).view(3, 1, 1)

    def undo(self, x: Tensor) -> Tensor:
        """Values (B, 3, H, W) as a net has them to pixels in 0..1; differentiable."""
        return x * x.new_tensor(self.std).view(3, 1, 1) + x.new_tensor(self.mean).view(3, 1, 1)


UNIT = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # 0..1
SYMMETRIC = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))  # -1..1
IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = Normalisation((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def to_tensor(
    images: Sequence[Image] | Image,
    size: int | None = None,
    device: torch.device | str = "cpu",
    normalisation: Normalisation = SYMMETRIC,
) -> Tensor:
    """uint8 images (H, W, 3) as one float32 batch (B, 3, S, S).

    Args:
        images: RGB; of one size, if `size` is not given.
        size: Side S they are resized to.
        device: Device of the batch.
        normalisation: Range of the result.
    """
    import torch

    pixels = np.stack([resize(image, size) if size else image for image in images])
    return normalisation.apply(torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).contiguous().float().div_(255))


def batches(
    images: Sequence[Image] | Image,
    size: int | None,
    device: torch.device | str,
    normalisation: Normalisation = SYMMETRIC,
    at_once: int = IMAGES,
) -> Iterator[Tensor]:
    """`to_tensor` of `at_once` images after the other."""
    for start in range(0, len(images), at_once):
        yield to_tensor(images[start : start + at_once], size, device, normalisation)


def by_size(images: Mapping[int, Image], compute: Callable[[list[Image]], Iterable[T]]) -> dict[int, T]:
    """Results by key of a `compute` that takes images of one size, for images of any sizes."""
    keys: dict[tuple[int, ...], list[int]] = {}
    for key, image in images.items():
        keys.setdefault(image.shape, []).append(key)
    parts = (zip(chosen, compute([images[key] for key in chosen]), strict=True) for chosen in keys.values())
    return dict(chain.from_iterable(parts))


def to_uint8(x: Tensor, normalisation: Normalisation = SYMMETRIC) -> Image:
    """Batch (B, 3, H, W) in the range of `normalisation` as uint8 (B, H, W, 3), clipped and rounded to nearest."""
    import torch

    pixels = normalisation.undo(x.detach().float()).clamp_(0, 1).mul_(255).round_().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_array(image: Image, normalisation: Normalisation) -> Floats:
    """A uint8 image (H, W, 3) as ONNX Runtime's nets take it: float32 (1, 3, H, W)."""
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (normalisation.mean, normalisation.std))
    return (np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255) - mean) / std


def shrink(x: Tensor, size: int) -> Tensor:
    """(B, C, H, H) to (B, C, size, size) by area averaging; unchanged if it is no larger."""
    from torch.nn.functional import interpolate

    return interpolate(x, size=(size, size), mode="area") if x.shape[-1] > size else x
