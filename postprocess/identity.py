"""How far two pictures are from showing the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import batches
from pipeline.core.types import Floats, Image
from pipeline.core.weights import load_state
from postprocess.nets import identity as nets
from postprocess.nets.folding import channels_last


class IdentityNet:
    """The identity net with its preprocessing."""

    def __init__(self, net: nets.IdentityNet, input_size: int, device: torch.device) -> None:
        self.net, self.input_size, self.device = net.to(device).eval().requires_grad_(False), input_size, device

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> IdentityNet:
        """From a file: `config` holds input_size and the arguments of the net. MissingWeights when unreadable."""
        sizes = dict(config)
        input_size = int(sizes.pop("input_size"))
        net = nets.IdentityNet(**sizes)
        net.load_state_dict(load_state(path))
        return cls(channels_last(net), input_size, device)

    @torch.inference_mode()
    def embed(self, images: Sequence[Image]) -> Floats:
        """Unit rows, float32 (B, embedding), of uint8 RGB images."""
        parts = [self.net(x).float().cpu().numpy() for x in batches(images, self.input_size, self.device)]
        return np.concatenate(parts)


class SFace:
    """OpenCV Zoo's SFace (Zhong et al., IEEE TIP 2021): identity of real faces, which the embedded net never saw.

    recogniser: what `cv2.FaceRecognizerSF.create` returns · points: where an aligned picture has eyes, tip of the nose
    and corners of the mouth, (5, 2) in shares of its side
    """

    def __init__(self, recogniser: Any, points: ArrayLike) -> None:
        self._recogniser, self._points = recogniser, np.asarray(points, np.float32)

    @classmethod
    def open(cls, path: Path | str, points: ArrayLike) -> SFace:
        """From the ONNX file; MissingWeights when OpenCV cannot read it."""
        import cv2

        try:
            return cls(cv2.FaceRecognizerSF.create(str(path), ""), points)
        except cv2.error as error:
            raise MissingWeights(f"{path} is no face recogniser: run `face-edit models fetch faces`.") from error

    def embed(self, images: Sequence[Image]) -> Floats:
        """Unit rows, float32 (B, 128), of uint8 RGB images of aligned faces, square and of any size."""
        features = np.concatenate([self._feature(image) for image in images]).astype(np.float32)
        return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True), np.float32)

    def _feature(self, image: Image) -> Floats:
        size = image.shape[0]
        face = np.concatenate([[0, 0, size, size], size * self._points.ravel(), [1]])[None].astype(np.float32)
        bgr = np.ascontiguousarray(image[..., ::-1])
        return np.asarray(self._recogniser.feature(self._recogniser.alignCrop(bgr, face)), np.float32)


def distance(first: Floats, second: Floats) -> Floats:
    """1 - cosine of unit rows (B, n) and (B, n): 0 for the same person, about 1 for strangers, at most 2; (B,)."""
    return np.asarray(1 - (first * second).sum(axis=-1), np.float32)
