"""Recipe of the occluder: mask of the visible face in an aligned image, trained on renders with obstacles."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import UNIT, to_tensor
from pipeline.core.types import Floats, Image
from pipeline.training import augment
from pipeline.training.data import RenderSet
from pipeline.training.recipe import Batch, Moment, PartRecipe
from pipeline.training.synthetic_occlusions import obstruct
from postprocess.labels import FACE, Labels
from postprocess.masks import Mask
from postprocess.nets.occlusion import OcclusionNet

OBSTRUCTED_SHARE = 0.75
# Share of the budget at half the input size, which costs a quarter per image.
COARSE_SHARE = 0.5


def face_mask(labels: Labels) -> Floats:
    """1 in the face, without hair and ears, of label maps (..., H, W) of the 19 CelebAMask-HQ classes; else 0."""
    return np.isin(labels, FACE).astype(np.float32)


def obstructed(images: Image, labels: Labels, rng: np.random.Generator, share: float) -> tuple[Image, Floats]:
    """Images (B, S, S, 3), a share of them with obstacles, and their visible faces (B, S, S) in 0..1."""
    images, visible = images.copy(), face_mask(labels)
    for i in np.flatnonzero(rng.random(len(images)) < share):
        images[i], covered = obstruct(images[i], rng)
        visible[i] *= 1 - covered
    return images, visible


def overlap(guess: Mask, truth: Mask) -> tuple[int, int]:
    """Pixels of the intersection and of the union."""
    return int((guess & truth).sum()), int((guess | truth).sum())


class OccluderRecipe(PartRecipe):
    """Binary cross-entropy and Dice loss on crops misplaced as much as an alignment by five landmarks."""

    rate = 4e-3
    tuning_rate = 0.4
    minutes = 30.0
    photographs = True
    autocast = True

    def build(self) -> nn.Module:
        """The net of the config: RGB in 0..1 to logits of the visible face (B, 1, S, S)."""
        return OcclusionNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in 0..1 and the visible face (B, 1, S, S) in 0..1, S the input size."""
        rows = self.draw(rng)
        images, labels = augment.flip_some(self.data.small(self.input_size)[rows], self.data.labels[rows], rng)
        images, visible = obstructed(images, labels, rng, OBSTRUCTED_SHARE)
        images = augment.photographed(images, rng)
        x, maps = augment.disturb(images, rng, shift=0.06, scale=0.12, turn=8)
        return x / 2 + 0.5, augment.warp(torch.from_numpy(visible)[:, None], maps)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Cross-entropy plus half the Dice loss, at half the size in the coarse share of the budget."""
        x, truth = batch
        if at.progress < COARSE_SHARE and not self.context.tune:
            x, truth = (F.avg_pool2d(each, 2) for each in (x, truth))
        logits = net(x.contiguous(memory_format=torch.channels_last))
        guess = logits.sigmoid()
        shared = (guess * truth).sum(dim=(1, 2, 3))
        dice = 1 - (2 * shared + 1) / (guess.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3)) + 1)
        return F.binary_cross_entropy_with_logits(logits, truth) + 0.5 * dice.mean()

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """IoU of the visible face over all held-out pixels, with obstacles and without, for both looks."""
        shares = {"face_iou_obstructed": 1.0, "face_iou_free": 0.0}
        return {
            f"{prefix}{name}": self._iou(net, held, share)
            for prefix, held in self.held_out.items()
            for name, share in shares.items()
        }

    def _iou(self, net: nn.Module, held: RenderSet, share: float) -> float:
        """At a threshold of 0.5, with obstacles before a share of the people."""
        rng, both, either = np.random.default_rng(1), 0, 0
        for start in range(0, len(held), self.batch_size):
            part = slice(start, start + self.batch_size)
            images, visible = obstructed(np.array(held.rgb[part]), np.asarray(held.labels[part]), rng, share)
            x = to_tensor(images, None, self.context.device, UNIT)
            shared, union = overlap((net(x) > 0).cpu().numpy()[:, 0], visible > 0.5)
            both, either = both + shared, either + union
        return both / either
