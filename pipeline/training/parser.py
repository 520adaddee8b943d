"""Recipe of the face parser: BiSeNet on renders enlarged to its input size."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import IMAGENET, SYMMETRIC
from pipeline.quality.metrics import confusion, parsing_figures
from pipeline.training import augment
from pipeline.training.context import TrainingContext
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.labels import CLASSES
from postprocess.nets.bisenet import BiSeNet
from postprocess.parsing import FaceParser

N_CLASSES = len(CLASSES)
# Share of the budget at half the input size, which costs a quarter per image; skipped when trained weights are tuned.
COARSE_SHARE = 0.6
OBSTRUCTED_SHARE = 0.15


def class_weights(labels: np.ndarray) -> Tensor:
    """Class weights (19,) from label maps (N, H, W): frequency to the power -0.1, clipped to 0.8..1.5.

    Larger weights let rare classes grow beyond their borders, which costs them more IoU than missed pixels do.
    """
    share = np.bincount(labels.reshape(-1), minlength=N_CLASSES)[:N_CLASSES] / labels.size
    weights = np.clip((np.clip(share, 1e-5, 1) / 0.05) ** -0.1, 0.8, 1.5)
    return torch.from_numpy(weights.astype(np.float32))


class ParserRecipe(PartRecipe):
    """Cross-entropy at the size of the renders, with the auxiliary heads of BiSeNet."""

    rate = 4e-3
    tuning_rate = 0.4
    tuned_share = 0.5
    batch_size = 8
    minutes = 120.0
    photographs = True
    autocast = True

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.background_size: int | None = self.config.pop("background_size", None)
        self.weights = class_weights(self.data.labels[np.arange(0, len(self.data), max(len(self.data) // 400, 1))])

    def build(self) -> nn.Module:
        """The BiSeNet of the config: normalised RGB to logits of 19 classes."""
        return BiSeNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, H, W) in -1..1 and classes uint8 (B, H, W), at the size of the renders."""
        rows = self.draw(rng)
        images, labels = augment.flip_some(self.data.rgb[rows], self.data.labels[rows], rng)
        images, labels = augment.hide_some(images, labels, rng, OBSTRUCTED_SHARE)
        x, maps = augment.disturb(augment.photographed(images, rng), rng, shift=0.06, scale=0.16, turn=12.0)
        y = augment.warp(torch.from_numpy(labels)[:, None].float(), maps, nearest=True)[:, 0]
        return x, y.to(torch.uint8)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Cross-entropy of the main head plus 0.3 of each auxiliary head, which is compared at its own resolution."""
        x, labels, size = batch[0], batch[1].long(), self.input_size
        weights = self.weights.to(x.device)
        if at.progress < COARSE_SHARE and not self.context.tune:
            size, labels = size // 2, labels[:, ::2, ::2]
        x = SYMMETRIC.undo(F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False))
        main, *auxiliary = cast(BiSeNet, net).heads(IMAGENET.apply(x).contiguous(memory_format=torch.channels_last))
        main = F.interpolate(main, size=labels.shape[1:], mode="bilinear", align_corners=True)
        loss = F.cross_entropy(main, labels, weights)
        for logits in auxiliary:
            coarse = F.interpolate(labels[:, None].float(), size=logits.shape[2:], mode="nearest")[:, 0].long()
            loss = loss + 0.3 * F.cross_entropy(logits, coarse, weights)
        return loss

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """IoU figures on the held-out people of both looks, see `parsing_figures`."""
        parser = FaceParser(cast(BiSeNet, net), self.input_size, self.context.device, self.background_size)
        figures: dict[str, float] = {}
        for prefix, held in self.held_out.items():
            counts = confusion(np.asarray(held.labels), parser.labels(list(held.rgb)), N_CLASSES)
            figures |= {f"{prefix}{name}": value for name, value in parsing_figures(counts).items()}
        return figures
