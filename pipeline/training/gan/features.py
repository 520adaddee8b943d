"""Features of images, on which their distances are measured.

Those of the embedded predictor need no download: their figures compare trainings on the same images with each other.
Those of the literature come from Inception (Szegedy et al. 2016) as TensorFlow published it in 2015.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.checkpoints import load_state
from pipeline.core.errors import MissingWeights
from pipeline.core.tensors import batches
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set
from pipeline.models import Models
from pipeline.training.gan.settings import INCEPTION, PREDICTOR

Features = np.ndarray
"""Features of images, float64 (N, D)."""

Extractor = Callable[[Image], torch.Tensor]
"""uint8 images (N, H, W, 3) -> features (N, D)."""


@torch.inference_mode()
def features_of(images: Image | Iterable[Image], device: torch.device, name: str = PREDICTOR) -> Features:
    """Features called `name` of uint8 images (N, H, W, 3) or of batches of them.

    Raises:
        MissingWeights: Inception's weights or package are not there.
    """
    extract = _inception(device) if name == INCEPTION else _predictor(device)
    found = []
    for part in [images] if isinstance(images, np.ndarray) else images:
        for first in range(0, len(part), SMALL_IMAGES):
            found.append(extract(part[first : first + SMALL_IMAGES]).double().cpu().numpy())
    return np.concatenate(found)


def require(name: str) -> None:
    """Raises MissingWeights if the features called `name` cannot be computed here."""
    if name == INCEPTION:
        locate(model_set("inception"), "inception")
        _inception_class()


def _predictor(device: torch.device) -> Extractor:
    predictor = Models("demo", str(device)).predictor
    net: Any = predictor.net  # type: ignore[union-attr]

    def extract(images: Image) -> torch.Tensor:
        x = next(iter(batches(images, predictor.input_size, device, at_once=len(images))))
        maps = [net.maxpool(net.act1(net.bn1(net.conv1(x))))]
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            maps.append(stage(maps[-1]))
        return torch.cat([each.mean((2, 3)) for each in maps[1:]], 1)

    return extract


def _inception(device: torch.device) -> Extractor:
    path, safe = locate(model_set("inception"), "inception"), io.BytesIO()
    # torch-fidelity unpickles whatever it is given: it is given what was read safely.
    torch.save(load_state(path), safe)
    safe.seek(0)
    try:
        net = _inception_class()("inception-v3-compat", ["2048"], feature_extractor_weights_path=safe)
    except RuntimeError as error:  # other tensors
        raise MissingWeights(f"{path} holds other weights than Inception's: put a good copy in its place.") from error
    net.to(device)

    def extract(images: Image) -> torch.Tensor:
        return net(torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).to(device))[0]

    return extract


def _inception_class() -> Any:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise MissingWeights(
            "Inception's features need a package that is missing: run `pip install torch-fidelity`."
        ) from error
    return FeatureExtractorInceptionV3
