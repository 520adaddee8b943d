"""Identity embeddings of faces and the distance between them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike

from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import batches
from pipeline.core.types import Floats, Image
from postprocess.nets import identity as nets
from postprocess.nets.folding import channels_last


class IdentityNet(Compilable):
    """Embedded identity net with its preprocessing."""

    net: nets.IdentityNet

    def __init__(self, net: nets.IdentityNet, input_size: int, device: torch.device) -> None:
        self.net, self.input_size, self.device = net.to(device).eval().requires_grad_(False), input_size, device
        self.forward: Forward = self.net

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds input_size and the arguments of the net. Raises MissingWeights if unreadable."""
        state, sizes = open_declared(path, config)
        input_size = int(sizes.pop("input_size"))
        return cls(channels_last(fill(lambda: nets.IdentityNet(**sizes), state)), input_size, device)

    @torch.inference_mode()
    def embed(self, images: Sequence[Image]) -> Floats:
        """Embeddings of length 1, float32 (B, embedding), of uint8 RGB images."""
        return np.concatenate(
            [self.forward(x).float().cpu().numpy() for x in batches(images, self.input_size, self.device)]
        )


class SFace:
    """OpenCV Zoo's SFace (Zhong et al., IEEE TIP 2021), trained on real faces, unlike the embedded net.

    Args:
        recogniser: A `cv2.FaceRecognizerSF`.
        points: Eyes, tip of the nose and corners of the mouth in an aligned image, (5, 2) in shares of its side.
    """

    def __init__(self, recogniser: Any, points: ArrayLike) -> None:
        self._recogniser, self._points = recogniser, np.asarray(points, np.float32)

    @classmethod
    def open(cls, path: Path | str, points: ArrayLike) -> Self:
        """From the ONNX file; raises MissingWeights if OpenCV cannot read it."""
        import cv2

        try:
            return cls(cv2.FaceRecognizerSF.create(str(path), ""), points)
        except cv2.error as error:
            raise MissingWeights(f"{path} is not a face recogniser: run `face-edit models fetch faces`.") from error

    def embed(self, images: Sequence[Image]) -> Floats:
        """Embeddings of length 1, float32 (B, 128), of uint8 RGB images of aligned faces, square, of any size."""
        features = np.concatenate([self._feature(image) for image in images]).astype(np.float32)
        return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True), np.float32)

    def _feature(self, image: Image) -> Floats:
        size = image.shape[0]
        face = np.concatenate([[0, 0, size, size], size * self._points.ravel(), [1]])[None].astype(np.float32)
        bgr = np.ascontiguousarray(image[..., ::-1])
        return np.asarray(self._recogniser.feature(self._recogniser.alignCrop(bgr, face)), np.float32)


def distance(first: Floats, second: Floats) -> Floats:
    """Cosine distance (B,) of embeddings (B, n): 0 for the same person, about 1 for different ones, at most 2."""
    return np.asarray(1 - (first * second).sum(axis=-1), np.float32)
