"""Recipe of the attribute predictor, and of the judge that only measures: class probabilities and cursor values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.weights import load_state
from pipeline.training import augment
from pipeline.training.generated_images import generated_images
from pipeline.training.loop import Batch, Recipe

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

CURSOR_WEIGHT = 4.0
# Wrinkles are faint: at the weight of the others the head of age stays at chance for ten epochs.
AGE_WEIGHT = 4.0
GENERATED_SHARE = 0.4


class PredictorRecipe(Recipe):
    """Cross-entropy for the class heads, smooth L1 for the cursors.

    The nets have to score what the generator draws, which is softer than a render: batches are softened and compressed,
    and once there is a generator, two fifths of a batch are its own pictures, labelled with the z they come from.
    """

    rate = 3e-3
    weight_decay = 3e-2
    batch_size = 32
    minutes = 10.0

    def __init__(self, part: str, shop: TrainingContext) -> None:
        from pipeline.core.attributes import head_slices

        self.part, self.shop = part, shop
        self.seed_offset = 1000 if part == "judge" else 0
        self.config = shop.config(part)
        self.size = int(self.config.pop("input_size"))
        self.heads = head_slices()
        self.images = shop.renders.small(self.size)
        self.targets = self._targets(shop.renders.attributes)

    @cached_property
    def generated(self) -> np.ndarray | None:
        """The generator's pictures of the same z, (N, size, size, 3), or None while there is no generator."""
        return generated_images(self.shop, self.shop.renders, self.size)

    def _targets(self, attributes: dict[str, np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack([attributes[code] for code in self.heads], 1).astype(np.float32))

    def network(self) -> nn.Module:
        from projection.attributes.predictor import build_predictor

        net = build_predictor(**self.config)
        if self.shop.tune:
            net.load_state_dict(load_state(self.shop.target(self.part)))
        return net

    def batch(self, rng: np.random.Generator) -> Batch:
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
        x = augment.colour(augment.to_tensor(images), rng, 0.3)
        x = augment.warp(x, augment.placement(len(index), rng, shift=0.01, scale=0.01, turn=1))
        return augment.noise(x, rng, 0.03), self.targets[torch.from_numpy(index)]

    def loss(self, net: nn.Module, batch: Batch, progress: float) -> Tensor:
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
        held = self.shop.held_out
        figures = self._figures(net, held.small(self.size), held.attributes, "")
        drawn = generated_images(self.shop, held, self.size)
        if drawn is not None:
            figures |= self._figures(net, drawn, held.attributes, "generated_")
        return figures

    def _figures(
        self, net: nn.Module, images: np.ndarray, truth: dict[str, np.ndarray], prefix: str
    ) -> dict[str, float]:
        parts = [images[i : i + 50] for i in range(0, len(images), 50)]
        out = np.concatenate([net(augment.to_tensor(p).to(self.shop.device)).cpu().numpy() for p in parts])
        figures = {}
        for code, head in self.heads.items():
            if head.stop - head.start > 1:
                figures[f"{prefix}accuracy_{code}"] = float((out[:, head].argmax(1) == truth[code]).mean())
            else:
                figures[f"{prefix}r_{code}"] = float(np.corrcoef(out[:, head.start], truth[code])[0, 1])
        return figures


def recipe(part: str, shop: TrainingContext) -> Recipe:
    """The recipe of the `predictor` or of the `judge`, whose weights and batches start from another seed."""
    return PredictorRecipe(part, shop)
