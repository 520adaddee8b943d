"""Recipe of the identity net: two pictures of one person are drawn together, pictures of different persons apart."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.training import augment
from pipeline.training.data import RenderPlan, RenderSet, open_renders
from pipeline.training.recipe import Batch, Moment, PartRecipe

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext

TEMPERATURE = 0.1


def info_nce(first: Tensor, second: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Symmetric InfoNCE (Chen et al. 2020) of unit rows (B, D): row i of both is one person, the other rows others."""
    logits = first @ second.T / temperature
    target = torch.arange(len(first), device=first.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


class IdentityRecipe(PartRecipe):
    """Pairs of a portrait and the same person in other circumstances; see `pipeline.training.variations`."""

    rate = 2e-3
    weight_decay = 5e-3
    batch_size = 48
    minutes = 8.0

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.views = self._views(self.data, "views")
        self.first = self.data.small(self.input_size)

    def _views(self, of: RenderSet, name: str) -> RenderSet:
        plan = RenderPlan(len(of), of.plan.seed, self.input_size, variant="view")
        return open_renders(self.context.work_dir / f"{name}-{plan.count}", plan, self.context.workers)

    @cached_property
    def held_out_views(self) -> RenderSet:
        """The held-out persons in other circumstances."""
        return self._views(self.context.held_out, "held-out-views")

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to unit embeddings."""
        from postprocess.nets.identity import IdentityNet

        return IdentityNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Two pictures each of B persons, both (B, 3, S, S) in -1..1, S the input size."""
        index = np.sort(rng.choice(len(self.data), min(self.batch_size, len(self.data)), replace=False))
        pair = []
        for images in (self.first[index], self.views.rgb[index]):
            x = to_tensor(augment.jpeg(augment.soften(images, rng), rng, share=0.2))
            x = augment.warp(augment.colour(x, rng), augment.placement(len(index), rng, shift=0.03, turn=3))
            pair.append(augment.noise(x, rng))
        return pair[0], pair[1]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """InfoNCE over the pairs of the batch."""
        both = net(torch.cat(batch[:2]))
        return info_nce(*both.chunk(2))

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Figures of `verification` on the held-out persons."""

        def embed(images: np.ndarray) -> np.ndarray:
            parts = [images[i : i + 50] for i in range(0, len(images), 50)]
            return np.concatenate([net(to_tensor(p).to(self.context.device)).cpu().numpy() for p in parts])

        first, second = embed(self.context.held_out.small(self.input_size)), embed(self.held_out_views.rgb)
        return verification(first @ second.T)


def verification(similarity: np.ndarray) -> dict[str, float]:
    """Figures of telling same from different persons by cosine similarity (N, N), the same persons on the diagonal."""
    from sklearn.metrics import roc_auc_score

    same = np.eye(len(similarity), dtype=bool)
    return {
        "verification_auc": float(roc_auc_score(same.reshape(-1), similarity.reshape(-1))),
        "similarity_same": float(similarity[same].mean()),
        "similarity_different": float(similarity[~same].mean()),
        "rank_1": float((similarity.argmax(1) == np.arange(len(similarity))).mean()),
    }
