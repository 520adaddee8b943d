"""Face parsing into the 19 classes of CelebAMask-HQ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch

from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.tensors import IMAGENET, SYMMETRIC, batches, by_size
from pipeline.core.types import Frame, Image, Portrait
from postprocess.labels import Labels
from postprocess.nets.bisenet import BiSeNet, enlarged
from postprocess.nets.folding import channels_last, fold_norms


class FaceParser(Compilable):
    """BiSeNet with its preprocessing."""

    net: BiSeNet

    def __init__(self, net: BiSeNet, input_size: int, device: torch.device) -> None:
        self.net, self.input_size, self.device = net.to(device).eval().requires_grad_(False), input_size, device
        self.forward: Forward = self.net.logits

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds input_size and the arguments of BiSeNet. Raises MissingWeights if unreadable."""
        state, sizes = open_declared(path, config)
        input_size = int(sizes.pop("input_size"))
        net = fill(lambda: BiSeNet(**sizes), state).eval()
        fold_norms(net)
        return cls(channels_last(net), input_size, device)

    @torch.inference_mode()
    def labels(self, images: Sequence[Image]) -> Labels:
        """Classes 0..18, uint8 (B, H, W), of uint8 (H, W, 3) RGB images that share one size."""
        inputs = batches(images, self.input_size, self.device, IMAGENET)
        logits = (enlarged(self.forward(x), images[0].shape[:2]) for x in inputs)
        return np.concatenate([each.argmax(1).to(torch.uint8).cpu().numpy() for each in logits])

    def features(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Backbone feature maps at strides 2, 4, 8, 16, 32 of (B, 3, H, W) in -1..1; differentiable."""
        return self.net.features(IMAGENET.apply(SYMMETRIC.undo(x)))


class HasParser(Protocol):
    """Opened models with a face parser."""

    @property
    def parser(self) -> FaceParser: ...


def parse_frames(frames: Sequence[Frame], parser: FaceParser) -> list[tuple[Labels, Labels]]:
    """Classes of the portrait (computed once per portrait) and of the image of each frame, uint8 (H, W)."""
    own = by_size({index: frame.image for index, frame in enumerate(frames)}, parser.labels)
    return [(portrait_labels(frame.portrait, parser), own[index]) for index, frame in enumerate(frames)]


def portrait_labels(portrait: Portrait, parser: FaceParser) -> Labels:
    """Classes of a portrait, computed once."""
    return portrait.maps.get("labels", lambda: parser.labels([portrait.image])[0])
