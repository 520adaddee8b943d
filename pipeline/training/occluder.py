"""Recipe of the occluder: which part of an aligned face is visible, learnt from renders with things held before it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import UNIT, to_tensor
from pipeline.training import augment
from pipeline.training.obstacles import obstruct
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.labels import FEATURES, CelebAMask

# What counts as face: glasses are part of it, ears and hair are not.
FACE = (CelebAMask.SKIN, CelebAMask.GLASSES, *FEATURES)
OBSTRUCTED_SHARE = 0.75
# Half the size costs a quarter, and most of what is to be learnt is coarse.
COARSE_SHARE = 0.5


def face_mask(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """1 where a label map (..., H, W) of the 19 CelebAMask-HQ classes shows the face, hair and ears not counted."""
    return np.isin(labels, FACE).astype(np.float32)


def obstructed(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], rng: np.random.Generator, share: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Images (B, S, S, 3), a share of them with obstacles, and the visible face of each, 0..1 (B, S, S)."""
    images, visible = images.copy(), face_mask(labels)
    for i in np.flatnonzero(rng.random(len(images)) < share):
        images[i], covered = obstruct(images[i], rng)
        visible[i] *= 1 - covered
    return images, visible


def overlap(guess: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Pixels of the intersection and of the union."""
    return int((guess & truth).sum()), int((guess | truth).sum())


class OccluderRecipe(PartRecipe):
    """Binary cross-entropy and Dice on crops about where the five points put them, a little beside it and turned."""

    rate = 4e-3
    tuning_rate = 0.4
    batch_size = 16
    minutes = 15.0

    def build(self) -> nn.Module:
        """The net of the config: RGB in 0..1 to logits of the visible face (B, 1, S, S)."""
        from postprocess.nets.occluder import OccluderNet

        return OccluderNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in 0..1 and the visible face (B, 1, S, S) in 0..1, S the input size."""
        index = np.sort(rng.integers(0, len(self.data), self.batch_size))
        images, labels = augment.flip_some(self.data.small(self.input_size)[index], self.data.labels[index], rng)
        images, visible = obstructed(images, labels, rng, OBSTRUCTED_SHARE)
        images = augment.jpeg(augment.soften(images, rng, share=0.4), rng, share=0.3)
        x = augment.colour(to_tensor(images), rng)
        maps = augment.placement(len(index), rng, shift=0.06, scale=0.12, turn=8)
        x = augment.noise(augment.warp(x, maps), rng)
        return x / 2 + 0.5, augment.warp(torch.from_numpy(visible)[:, None], maps)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Cross-entropy plus half the Dice loss, on half the size in the coarse share of the budget."""
        x, truth = batch
        if at.progress < COARSE_SHARE and not self.context.tune:
            x, truth = (F.avg_pool2d(each, 2) for each in (x, truth))
        logits = net(x.contiguous(memory_format=torch.channels_last))
        guess = logits.sigmoid()
        shared = (guess * truth).sum(dim=(1, 2, 3))
        dice = 1 - (2 * shared + 1) / (guess.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3)) + 1)
        return F.binary_cross_entropy_with_logits(logits, truth) + 0.5 * dice.mean()

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """IoU of the visible face at a half, over all held-out pixels, with obstacles and without."""
        held, figures = self.context.held_out, {}
        for name, share in (("face_iou_obstructed", 1.0), ("face_iou_free", 0.0)):
            rng, both, either = np.random.default_rng(1), 0, 0
            for start in range(0, len(held), self.batch_size):
                part = slice(start, start + self.batch_size)
                images, visible = obstructed(np.array(held.rgb[part]), np.asarray(held.labels[part]), rng, share)
                x = to_tensor(images, None, self.context.device, UNIT)
                shared, union = overlap((net(x) > 0).cpu().numpy()[:, 0], visible > 0.5)
                both, either = both + shared, either + union
            figures[name] = both / either
        return figures
