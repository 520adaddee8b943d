"""Recipe of the attribute predictor, and of the judge that only measures: class probabilities and cursor values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.training import augment
from pipeline.training.generated_images import generated_images
from pipeline.training.recipe import Batch, Moment, PartRecipe

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

CURSOR_WEIGHT = 4.0
# Wrinkles are faint: at the weight of the others the head of age stays at chance for ten epochs.
AGE_WEIGHT = 4.0
GENERATED_SHARE = 0.4


class PredictorRecipe(PartRecipe):
    """Cross-entropy for the class heads, smooth L1 for the cursors.

    The nets have to score what the generator draws, which is softer than a render: batches are softened and compressed,
    and once there is a generator, two fifths of a batch are its own pictures, labelled with the z they come from.
    """

    rate = 3e-3
    weight_decay = 3e-2
    batch_size = 32
    minutes = 10.0

    def __init__(self, part: str, context: TrainingContext) -> None:
        from pipeline.core.attributes import head_slices

        super().__init__(part, context)
        self.seed_offset = 1000 if part == "judge" else 0
        self.heads = head_slices()
        self.images = context.renders.small(self.input_size)
        self.targets = self._targets(context.renders.attributes)

    @cached_property
    def generated(self) -> np.ndarray | None:
        """The generator's pictures of the same z, (N, size, size, 3), or None while there is no generator."""
        return generated_images(self.context, self.context.renders, self.input_size)

    def _targets(self, attributes: dict[str, np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack([attributes[code] for code in self.heads], 1).astype(np.float32))

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to the outputs of all heads side by side."""
        from projection.attributes.predictor import build_predictor

        return build_predictor(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in -1..1, S the input size; true values (B, attributes), class index or cursor value."""
        index = np.sort(rng.integers(0, len(self.images), self.batch_size))
        drawn = np.zeros(len(index), bool)
        if self.generated is not None:
            drawn = rng.random(len(index)) < GENERATED_SHARE
            index[drawn] %= len(self.generated)
        images = np.array(self.images[index])
        if self.generated is not None:
            images[drawn] = self.generated[index[drawn]]
        # No mirroring: the parting and the light have a side, and nothing here needs more variety.
        images = augment.jpeg(augment.soften(images, rng, share=0.2, widest=1.0), rng, share=0.1, lowest=60)
        x = augment.colour(to_tensor(images), rng, 0.3)
        x = augment.warp(x, augment.placement(len(index), rng, shift=0.01, scale=0.01, turn=1))
        return augment.noise(x, rng, 0.03), self.targets[torch.from_numpy(index)]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Mean over the attributes; age and cursors weigh more."""
        out, targets = net(batch[0]), batch[1]
        total = out.new_zeros(())
        for i, (code, head) in enumerate(self.heads.items()):
            if head.stop - head.start > 1:
                weight = AGE_WEIGHT if code == "A" else 1.0
                total = total + weight * F.cross_entropy(out[:, head], targets[:, i].long(), label_smoothing=0.02)
            else:
                total = total + CURSOR_WEIGHT * F.smooth_l1_loss(out[:, head.start], targets[:, i], beta=0.1)
        return total / len(self.heads)

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Accuracy of class attributes, correlation of cursors; again on generated pictures if there are any."""
        held = self.context.held_out
        figures = self._figures(net, held.small(self.input_size), held.attributes, "")
        drawn = generated_images(self.context, held, self.input_size)
        if drawn is not None:
            figures |= self._figures(net, drawn, held.attributes, "generated_")
        return figures

    def _figures(
        self, net: nn.Module, images: np.ndarray, truth: dict[str, np.ndarray], prefix: str
    ) -> dict[str, float]:
        parts = [images[i : i + 50] for i in range(0, len(images), 50)]
        out = np.concatenate([net(to_tensor(p).to(self.context.device)).cpu().numpy() for p in parts])
        figures = {}
        for code, head in self.heads.items():
            if head.stop - head.start > 1:
                figures[f"{prefix}accuracy_{code}"] = float((out[:, head].argmax(1) == truth[code]).mean())
            else:
                figures[f"{prefix}r_{code}"] = float(np.corrcoef(out[:, head.start], truth[code])[0, 1])
        return figures
