"""Monocular depth, and the foreground by K-means with two clusters of depth values."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.tensors import batches
from pipeline.core.types import Floats, Image, Portrait
from postprocess.nets.dpt import DPT
from postprocess.nets.folding import channels_last

Rule = Literal["cluster", "mean"]
PERSON = 0.5
"""Least share of person, as the matte has it, of a pixel that counts as the person."""

# Depth values for K-means; two centres do not need all pixels.
_MAX_SAMPLES = 16384


class DepthEstimator(Compilable):
    """DPT with its preprocessing."""

    net: DPT

    def __init__(self, net: DPT, input_size: int, device: torch.device) -> None:
        self.net, self.input_size, self.device = net.to(device).eval().requires_grad_(False), input_size, device
        self.forward: Forward = self.net

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds input_size and the arguments of DPT. Raises MissingWeights if unreadable."""
        state, sizes = open_declared(path, config)
        input_size = int(sizes.pop("input_size"))
        return cls(channels_last(fill(lambda: DPT(**sizes), state)), input_size, device)

    @torch.inference_mode()
    def inverse_depth(self, images: Sequence[Image]) -> Floats:
        """Relative inverse depth (bigger is nearer), float32 (B, H, W), of uint8 RGB images that share one size."""
        size = images[0].shape[:2]
        parts = []
        for x in batches(images, self.input_size, self.device):
            depth = self.forward(x)[:, None].float()
            parts.append(F.interpolate(depth, size=size, mode="bicubic", align_corners=False)[:, 0].cpu().numpy())
        return np.concatenate(parts)


class Matte(Protocol):
    """A net that sees persons in photographs."""

    def share(self, image: Image) -> Floats:
        """Share of person, 0..1, in each pixel (H, W) of an RGB picture (H, W, 3)."""


class HasDepth(Protocol):
    """Opened models with a depth estimator, and a matte where it was fetched."""

    @property
    def depth(self) -> DepthEstimator: ...

    @property
    def matte(self) -> Matte | None: ...


def matted(image: Image, portrait: Portrait, models: HasDepth) -> NDArray[np.bool_] | None:
    """Person in a uint8 RGB image (H, W, 3) of a portrait by the matte, (H, W); None where depth decides.

    Only portraits that were cut from photographs are matted.
    """
    matte = None if portrait.crop is None else models.matte
    return None if matte is None else matte.share(image) >= PERSON


def foreground(depth: Floats, rule: Rule = "cluster") -> NDArray[np.bool_]:
    """Foreground pixels of an inverse depth map (H, W); a flat map is all foreground.

    Args:
        depth: Inverse depth.
        rule: "cluster": the nearer of two clusters; "mean": its values above their mean, the challenge's rule.
    """
    from sklearn.cluster import KMeans

    values = depth.ravel()
    sample = values[:: -(-values.size // _MAX_SAMPLES), None]
    low, high = sample.min(), sample.max()
    if high - low <= 1e-6 * max(abs(high), abs(low), 1e-30):
        return np.ones(depth.shape, np.bool_)
    kmeans = KMeans(2, n_init=1, random_state=0).fit(sample)
    centres = kmeans.cluster_centers_.ravel()
    near = int(centres.argmax())  # which cluster comes first is arbitrary
    threshold = centres.mean() if rule == "cluster" else sample[kmeans.labels_ == near].mean()
    return np.asarray(values.reshape(depth.shape) >= threshold)
