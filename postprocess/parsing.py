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
from postprocess.labels import CelebAMask, Labels
from postprocess.nets.bisenet import BiSeNet, enlarged
from postprocess.nets.folding import channels_last, fold_norms

TINY_HAT = 0.05
"""Size of a hat, as a share of the hair, below which it is none."""


class FaceParser(Compilable):
    """BiSeNet with its preprocessing.

    Args:
        input_size: Side of the net's input in pixels.
        background_size: Side of a second input, by which together with the first is decided what is background, hair or
            clothes: small nets know persons in photographs better from farther away. None for one look.
    """

    net: BiSeNet

    def __init__(self, net: BiSeNet, input_size: int, device: torch.device, background_size: int | None = None) -> None:
        self.net, self.device = net.to(device).eval().requires_grad_(False), device
        self._sizes = (input_size,) if background_size is None else (input_size, background_size)
        self.forward: Forward = self.net.logits

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds `input_size`, perhaps `background_size`, and the arguments of BiSeNet.

        Raises:
            MissingWeights: The file is unreadable.
        """
        state, sizes = open_declared(path, config)
        input_size, background_size = int(sizes.pop("input_size")), sizes.pop("background_size", None)
        net = fill(lambda: BiSeNet(**sizes), state).eval()
        fold_norms(net)
        return cls(channels_last(net), input_size, device, background_size)

    @torch.inference_mode()
    def labels(self, images: Sequence[Image]) -> Labels:
        """Classes 0..18, uint8 (B, H, W), of uint8 (H, W, 3) RGB images that share one size."""
        size, looks = images[0].shape[:2], [batches(images, side, self.device, IMAGENET) for side in self._sizes]
        found = (_decide([self._logits(x, size) for x in each]) for each in zip(*looks, strict=True))
        return _without_tiny_hats(np.concatenate([each.to(torch.uint8).cpu().numpy() for each in found]))

    def _logits(self, x: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
        # Channels last, because argmax over the classes is five times faster there.
        return enlarged(self.forward(x).to(memory_format=torch.channels_last), size)

    def features(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Backbone feature maps at strides 2, 4, 8, 16, 32 of (B, 3, H, W) in -1..1; differentiable."""
        return self.net.features(IMAGENET.apply(SYMMETRIC.undo(x)))


def _decide(looks: Sequence[torch.Tensor]) -> torch.Tensor:
    """Classes (B, H, W) by the logits (B, 19, H, W) of the first look.

    All together tell what is background, and hair from clothes, which look alike from near.
    What the first look takes for background and all together do not, has the class that all give it.
    """
    classes = looks[0].argmax(1)
    if len(looks) == 1:
        return classes
    # Three classes are told by their shares, in full precision, since half precision ends at e^11. Few other pixels are
    # in doubt, of which alone all shares are needed.
    own, hair, clothes = CelebAMask.BACKGROUND, CelebAMask.HAIR, CelebAMask.CLOTHES
    odds = [(each - each[:, [own]]).float().clamp_(max=80).exp_() for each in looks]
    shares = torch.stack([each[:, [own, hair, clothes]] / each.sum(1, keepdim=True) for each in odds]).mean(0)
    background = shares[:, 0] > 0.5
    either = (classes == hair) | (classes == clothes)
    classes = torch.where(either, torch.where(shares[:, 1] > shares[:, 2], hair, clothes), classes)
    images, rows, columns = torch.nonzero((classes == own) & ~background, as_tuple=True)
    together = torch.stack([each[images, :, rows, columns].softmax(1)[:, 1:] for each in looks]).mean(0)
    classes[images, rows, columns] = together.argmax(1) + 1
    return classes.masked_fill_(background, own)


def _without_tiny_hats(labels: Labels) -> Labels:
    """Classes (B, H, W), hats that are tiny beside the hair being hair: they are shadows in it."""
    hats, hair = labels == CelebAMask.HAT, labels == CelebAMask.HAIR
    tiny = hats.sum((1, 2)) < TINY_HAT * hair.sum((1, 2))
    labels[hats & tiny[:, None, None]] = CelebAMask.HAIR
    return labels


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
